//! Training: from an example to a kept model, and which kept model serves.

mod job;
mod prepare;
mod private;
mod quality;
mod registry;
mod shape;

pub use job::{TrainError, fit_profiles, keep};
pub use prepare::{PrepareError, Prepared, prepare};
pub use private::{HeldOut, train_privately};
pub use quality::{Contender, Quality, compare};
pub use registry::{
    ActiveModel, ActiveModels, ModelDetail, ModelSummary, ProfileDetail, Promoted, Registry, RegistryError,
};
pub use shape::{Shape, ShapeBin};
