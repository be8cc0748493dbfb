//! Training: from an example to a kept model, and which kept model serves.

mod bring;
mod contributions;
mod folds;
mod job;
mod prepare;
mod private;
mod quality;
mod registry;
mod report;
mod shape;

pub use bring::{BringError, ImportForm, import, merge_versions};
pub use contributions::Contributions;
pub use folds::{Turns, prepare_folds};
pub use job::{TrainError, fit_profiles, keep};
pub use prepare::{Asked, PrepareError, Prepared, prepare, prepare_only};
pub use private::{HeldOut, train_privately};
pub use quality::{
    Contender, Entrants, Fitted, FoldFigures, OverFolds, Quality, Spread, compare, compare_folds,
};
pub use registry::{
    ActiveModel, ActiveModels, EditDetail, EditedModel, ModelDetail, ModelSummary, ProfileDetail, Promoted,
    Registry, RegistryError, ReplacedDetail,
};
pub use report::{report_folds, report_split};
pub use shape::{Shape, ShapeBin};
