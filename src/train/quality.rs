//! How good each kind of model is beside simple baselines, on rows held out.

use std::time::{Duration, Instant};

use super::job::{TrainError, evaluate_scores, fit, fit_profiles, measure};
use super::prepare::Prepared;
use crate::data::Dataset;
use crate::domain::Profile;
use crate::model::metrics::Evaluation;
use crate::model::{ModelKind, Profiled, Progress};

/// One row of the table.
#[derive(Clone, Debug)]
pub struct Contender {
    /// What it is called.
    pub name: String,
    /// How good it is.
    pub evaluation: Evaluation,
    /// How long its fit took, tuning included.
    pub took: Duration,
}

/// The table, with the models that were fitted for it.
#[derive(Debug)]
pub struct Quality {
    /// Baselines first, then the kinds of models.
    pub contenders: Vec<Contender>,
    /// The fitted kinds.
    pub fitted: Vec<(ModelKind, Profiled)>,
}

/// Fits every baseline and every kind on the training rows and measures them on the test rows.
/// `start` is told what is being fitted, and gives whom the fit reports to.
///
/// # Errors
/// When a fit fails or is cancelled.
pub fn compare<P: Progress>(prepared: &Prepared, start: impl Fn(&str) -> P) -> Result<Quality, TrainError> {
    let (train, test): (&Dataset, &Dataset) = (&prepared.train, &prepared.test);
    let mut contenders = Vec::new();
    for baseline in &prepared.baselines {
        let began = Instant::now();
        let model = fit(ModelKind::Additive, train, &baseline.features, None, &start(&baseline.name))?;
        let took = began.elapsed();
        let evaluation = evaluate_scores(&model.scores(&test.table, &[]), test);
        contenders.extend(evaluation.map(|evaluation| Contender {
            name: baseline.name.clone(),
            evaluation,
            took,
        }));
    }
    let mut fitted = Vec::new();
    for kind in [ModelKind::Linear, ModelKind::Tree, ModelKind::Additive] {
        let began = Instant::now();
        let profiled = fit_profiles(kind, prepared, &start(kind.name()))?;
        let took = began.elapsed();
        if kind == ModelKind::Additive && prepared.contextual != prepared.full {
            let contextual = measure(&profiled, Profile::Contextual, test);
            contenders.extend(contextual.map(|evaluation| Contender {
                name: "additive, context only".to_owned(),
                evaluation,
                took,
            }));
        }
        let full = measure(&profiled, Profile::Full, test);
        contenders.extend(full.map(|evaluation| Contender {
            name: kind.name().to_owned(),
            evaluation,
            took,
        }));
        fitted.push((kind, profiled));
    }
    Ok(Quality { contenders, fitted })
}
