//! How good each kind of model is beside simple baselines, on rows held out.

use std::time::{Duration, Instant};

use super::folds::Turns;
use super::job::{TrainError, evaluate_scores, fit, fit_profiles};
use super::prepare::{Asked, Prepared};
use crate::data::{Dataset, Schema};
use crate::domain::{Nats, Profile};
use crate::model::metrics::{Evaluation, Resamples, Scored, auc, evaluate, log_loss};
use crate::model::{ModelKind, Profiled, Progress};

/// What is compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entrants {
    /// The kinds of models.
    pub kinds: Vec<ModelKind>,
    /// Whether the baselines of the schema take part.
    pub baselines: bool,
}

/// Every kind, in the order of the table.
const KINDS: [ModelKind; 3] = [ModelKind::Linear, ModelKind::Tree, ModelKind::Additive];

impl Entrants {
    /// Every kind and every baseline.
    #[must_use]
    pub fn all() -> Self {
        Self { kinds: KINDS.to_vec(), baselines: true }
    }

    /// Some kinds alone. When `kinds` is empty everything, but for what cannot weigh rows if `schema`
    /// has them weighed.
    #[must_use]
    pub fn only(kinds: &[ModelKind], schema: &Schema) -> Self {
        if kinds.is_empty() {
            return match schema.columns.weight {
                Some(_) => Self { kinds: vec![ModelKind::Additive], ..Self::all() },
                None => Self::all(),
            };
        }
        Self { kinds: KINDS.into_iter().filter(|kind| kinds.contains(kind)).collect(), baselines: false }
    }
}

/// One row of the table.
#[derive(Clone, Debug)]
pub struct Contender {
    /// What it is called.
    pub name: String,
    /// How good it is.
    pub evaluation: Evaluation,
    /// How long its fit took, tuning included.
    pub took: Duration,
    /// How long the test rows took to be scored, which is to be accounted for line by line.
    pub scored: Duration,
}

/// A kind as it was fitted.
pub type Fitted = (ModelKind, Profiled);

/// The table, with the models that were fitted for it.
#[derive(Debug)]
pub struct Quality {
    /// Baselines first, then the kinds of models.
    pub contenders: Vec<Contender>,
    /// The fitted kinds.
    pub fitted: Vec<Fitted>,
}

/// One row of the table over folds.
#[derive(Clone, Debug)]
pub struct OverFolds {
    /// What it is called.
    pub name: String,
    /// How good it is on each fold.
    pub folds: Vec<FoldFigures>,
    /// How good the scores are of all rows together, each by the model that did not train on it.
    /// Scores of different models are not on one scale to the last digit, so this is for calibration.
    pub pooled: Evaluation,
}

/// How good a model is on one fold.
#[derive(Clone, Debug, PartialEq)]
pub struct FoldFigures {
    /// Rows tested.
    pub rows: usize,
    /// Probability that a positive row outranks a negative one.
    pub auc: f64,
    /// Mean -ln of the probability given to what happened.
    pub log_loss: f64,
    /// How long its fit took, tuning included.
    pub took: Duration,
    /// How long the test rows took to be scored, which is to be accounted for line by line.
    pub scored: Duration,
}

/// A figure over folds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spread {
    /// The mean over the folds, each counting alike.
    pub mean: f64,
    /// The standard deviation over the folds (n - 1); 0 for a single one.
    pub deviation: f64,
}

impl Spread {
    fn of(figures: impl Iterator<Item = f64> + Clone) -> Self {
        let count = figures.clone().count() as f64;
        let mean = figures.clone().sum::<f64>() / count;
        let squares = figures.map(|figure| (figure - mean) * (figure - mean)).sum::<f64>();
        Self { mean, deviation: (squares / (count - 1.0).max(1.0)).sqrt() }
    }
}

impl OverFolds {
    /// The AUC over the folds.
    #[must_use]
    pub fn auc(&self) -> Spread {
        Spread::of(self.folds.iter().map(|fold| fold.auc))
    }

    /// The log loss over the folds.
    #[must_use]
    pub fn log_loss(&self) -> Spread {
        Spread::of(self.folds.iter().map(|fold| fold.log_loss))
    }

    /// Seconds that the fits took in all.
    #[must_use]
    pub fn seconds(&self) -> f64 {
        self.folds.iter().map(|fold| fold.took.as_secs_f64()).sum()
    }
}

/// Fits every entrant on the training rows and measures it on the test rows. `start` is told what is
/// being fitted, and gives whom the fit reports to.
///
/// # Errors
/// When a fit fails or is cancelled.
pub fn compare<P: Progress>(
    prepared: &Prepared,
    entrants: &Entrants,
    start: impl Fn(&str) -> P,
) -> Result<Quality, TrainError> {
    let Round { runs, fitted } = run(prepared, entrants, start)?;
    let contender = |run: Run| {
        let evaluation = evaluate_scores(&run.scores, &prepared.test)?;
        Some(Contender { name: run.name, evaluation, took: run.took, scored: run.scored })
    };
    Ok(Quality { contenders: runs.into_iter().filter_map(contender).collect(), fitted })
}

/// Fits every entrant once for each fold and measures it on that fold. `see` is shown each turn with
/// the kinds fitted in it.
///
/// # Errors
/// When a fit fails or is cancelled.
pub fn compare_folds<P: Progress>(
    turns: &Turns,
    entrants: &Entrants,
    start: impl Fn(&str) -> P,
    see: &mut dyn FnMut(usize, &Prepared, &[Fitted]),
) -> Result<Vec<OverFolds>, TrainError> {
    let mut tested = Tested::default();
    let mut table: Vec<(String, Vec<FoldFigures>, Vec<Nats>)> = Vec::new();
    for (fold, prepared) in (0..turns.count()).filter_map(|fold| Some((fold, turns.turn(fold)?))) {
        let round = run(&prepared, entrants, |name| start(&format!("fold {fold}: {name}")))?;
        see(fold, &prepared, &round.fitted);
        let test: &Dataset = &prepared.test;
        tested.add(test);
        for (place, run) in round.runs.into_iter().enumerate() {
            // A turn of one class is none, so there are both figures.
            let both = auc(&run.scores, &test.outcome).zip(log_loss(&run.scores, &test.outcome));
            let (auc, log_loss) = both.unwrap_or((f64::NAN, f64::NAN));
            let figures =
                FoldFigures { rows: test.rows(), auc, log_loss, took: run.took, scored: run.scored };
            if place == table.len() {
                table.push((run.name, Vec::new(), Vec::new()));
            }
            table[place].1.push(figures);
            table[place].2.extend(run.scores);
        }
    }
    let over_folds = |(name, folds, scores): (String, Vec<FoldFigures>, Vec<Nats>)| {
        let pooled = evaluate(tested.scored(&scores), Resamples::default())?;
        Some(OverFolds { name, folds, pooled })
    };
    Ok(table.into_iter().filter_map(over_folds).collect())
}

/// What every entrant made of one split.
struct Round {
    runs: Vec<Run>,
    fitted: Vec<Fitted>,
}

/// The scores of the test rows by one entrant.
struct Run {
    name: String,
    scores: Vec<Nats>,
    took: Duration,
    scored: Duration,
}

impl Run {
    fn of(name: &str, took: Duration, score: impl FnOnce() -> Vec<Nats>) -> Self {
        let began = Instant::now();
        let scores = score();
        Self { name: name.to_owned(), scores, took, scored: began.elapsed() }
    }
}

/// Fits every entrant and scores the test rows, baselines first.
fn run<P: Progress>(
    prepared: &Prepared,
    entrants: &Entrants,
    start: impl Fn(&str) -> P,
) -> Result<Round, TrainError> {
    let (train, test): (&Dataset, &Dataset) = (&prepared.train, &prepared.test);
    let mut runs = Vec::new();
    for baseline in prepared.baselines.iter().filter(|_| entrants.baselines) {
        let began = Instant::now();
        let features = &baseline.features;
        let model =
            fit(ModelKind::Additive, train, features, &Asked::default(), None, &start(&baseline.name))?;
        let took = began.elapsed();
        runs.push(Run::of(&baseline.name, took, || model.scores(&test.table, &[])));
    }
    let mut fitted = Vec::new();
    for &kind in &entrants.kinds {
        let began = Instant::now();
        let profiled = fit_profiles(kind, prepared, &start(kind.name()))?;
        let took = began.elapsed();
        if kind == ModelKind::Additive && prepared.contextual != prepared.full {
            let model = profiled.model(Profile::Contextual);
            runs.push(Run::of("additive, context only", took, || model.scores(&test.table, &[])));
        }
        runs.push(Run::of(kind.name(), took, || profiled.scores(&test.table)));
        fitted.push((kind, profiled));
    }
    Ok(Round { runs, fitted })
}

/// The rows tested so far, fold by fold.
#[derive(Default)]
struct Tested {
    outcome: Vec<bool>,
    person: Vec<u32>,
    group: Vec<u32>,
}

impl Tested {
    fn add(&mut self, test: &Dataset) {
        self.outcome.extend(&test.outcome);
        self.person.extend(&test.person);
        self.group.extend(&test.group);
    }

    const fn scored<'a>(&'a self, scores: &'a [Nats]) -> Scored<'a> {
        Scored {
            scores,
            outcome: self.outcome.as_slice(),
            person: self.person.as_slice(),
            group: self.group.as_slice(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spread_is_the_mean_and_the_deviation_of_a_sample() {
        let spread = Spread::of([1.0, 2.0, 3.0, 6.0].into_iter());
        assert_eq!(spread.mean, 3.0);
        assert!((spread.deviation - (14.0_f64 / 3.0).sqrt()).abs() < 1e-15);
        assert_eq!(Spread::of([0.7].into_iter()), Spread { mean: 0.7, deviation: 0.0 });
    }
}
