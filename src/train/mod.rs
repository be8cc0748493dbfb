//! Training: from an example to a kept model, and which kept model serves.

mod bring;
mod job;
mod prepare;
mod quality;
mod registry;
mod shape;

pub use bring::{BringError, ImportForm, import, merge_versions};
pub use job::{TrainError, fit_profiles, keep};
pub use prepare::{PrepareError, Prepared, prepare};
pub use quality::{Contender, Quality, compare};
pub use registry::{
    ActiveModel, ActiveModels, EditDetail, EditedModel, ModelDetail, ModelSummary, ProfileDetail, Promoted,
    Registry, RegistryError, ReplacedDetail,
};
pub use shape::{Shape, ShapeBin};
