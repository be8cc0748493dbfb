//! Training: from an example to a kept model, and which kept model serves.

mod active;
mod bound;
mod bring;
mod card;
mod contributions;
mod folds;
mod job;
mod people;
mod prepare;
mod private;
mod quality;
mod registry;
mod report;
mod shape;
mod told;

pub use active::{ActiveModel, ActiveModels};
pub use bring::{BringError, ImportForm, import, merge_versions};
pub use card::keep_with_card;
pub use contributions::Contributions;
pub use folds::{Turns, prepare_folds};
pub use job::{TrainError, fit_profiles, keep};
pub use people::People;
pub use prepare::{Asked, PrepareError, Prepared, prepare, prepare_only};
pub use private::{HeldOut, train_privately};
pub use quality::{
    Contender, Entrants, Fitted, FoldFigures, OverFolds, Quality, Spread, compare, compare_folds,
};
pub use registry::{Registry, RegistryError};
pub use report::{report_folds, report_split};
pub use shape::{Shape, ShapeBin};
pub use told::{EditDetail, EditedModel, ModelDetail, ModelSummary, ProfileDetail, Promoted, ReplacedDetail};
