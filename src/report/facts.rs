//! What a report states: plain figures and words, ready to be written as JSON.
//!
//! All but [`Report::timings`] is the same for the same data, to the byte.

use serde::Serialize;

/// How good models are, and what the additive one has learned.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    /// Version of this form.
    pub format: u32,
    /// What the data set is called.
    pub example: String,
    /// What is predicted, in words.
    pub outcome: String,
    /// How rows were held out, in words.
    pub held_out: String,
    /// The rows that trained; of folds, all rows.
    pub trained: RowCounts,
    /// The rows that tested; of folds, all rows.
    pub tested: RowCounts,
    /// What `low` and `high` of the figures are, in words.
    pub intervals: String,
    /// What was compared, in the order of the table.
    pub contenders: Vec<Contender>,
    /// The additive models that are drawn, one for each consent profile that has its own, the richest
    /// first; empty when none was fitted.
    pub models: Vec<ModelFacts>,
    /// How long everything took, by the wall clock: what differs from run to run.
    pub timings: Vec<Timing>,
}

/// How many rows, and in how many the response happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct RowCounts {
    /// Rows.
    pub rows: usize,
    /// Rows in which the response happened.
    pub positives: usize,
}

/// A figure with what it may as well be.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Figure {
    /// The figure.
    pub estimate: f64,
    /// Its lower end.
    pub low: f64,
    /// Its upper end.
    pub high: f64,
}

/// One model of the comparison.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Contender {
    /// What it is called.
    pub name: String,
    /// Probability that a positive row outranks a negative one; None with one class.
    pub auc: Option<Figure>,
    /// The same over the pairs of rows of one person and campaign; None without such a pair.
    pub auc_within_group: Option<Figure>,
    /// The mean of the AUC of each person and campaign, all counting alike; None without such a pair.
    pub auc_group_mean: Option<f64>,
    /// Mean -ln of the probability given to what happened.
    pub log_loss: Figure,
    /// The figures of each fold; empty without folds.
    pub folds: Vec<FoldFacts>,
    /// Mean probability, with its 95 % interval by resampling people.
    pub predicted: Figure,
    /// Share of rows in which the response happened, with its 95 % interval by resampling people.
    pub observed: Figure,
    /// Predicted beside observed in groups of rows by rising probability.
    pub reliability: Vec<Calibration>,
}

/// Figures of one fold.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct FoldFacts {
    /// Rows tested.
    pub rows: usize,
    /// The AUC.
    pub auc: f64,
    /// The log loss.
    pub log_loss: f64,
}

/// Predicted beside observed among rows of like probability.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Calibration {
    /// Rows.
    pub rows: u64,
    /// Their mean probability.
    pub predicted: f64,
    /// The share of them in which the response happened.
    pub observed: f64,
}

/// An additive model, to be drawn. Scores are in log-odds (nats).
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ModelFacts {
    /// The consent profile that it is for.
    pub profile: String,
    /// What it knows and whom it serves, in words.
    pub knows: String,
    /// Which rows it was fitted on, in words.
    pub fitted_on: String,
    /// The score of an average row.
    pub intercept: f64,
    /// One function per feature, the most important first.
    pub shapes: Vec<ShapeFacts>,
    /// Functions of two features, the most important first.
    pub pairs: Vec<PairFacts>,
}

/// What one feature adds.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ShapeFacts {
    /// The feature's name in the schema.
    pub feature: String,
    /// What a person calls it.
    pub label: String,
    /// Mean absolute contribution over the rows that it was learned from.
    pub importance: f64,
    /// Its bins: missing, any other, then the known values.
    pub bins: Vec<BinFacts>,
}

/// One bin of a function.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct BinFacts {
    /// What falls into it.
    #[serde(flatten)]
    pub value: ValueFacts,
    /// What it adds to the log-odds.
    pub score: f64,
    /// Half the width of its 95 % band.
    pub band: f64,
    /// Rows that it was learned from; 0 when the people were too few.
    pub rows: u32,
    /// Distinct people among them; 0 when they were too few to learn from.
    pub people: u32,
}

/// What falls into a bin.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "of", rename_all = "lowercase")]
pub enum ValueFacts {
    /// Cells that are missing.
    Missing,
    /// Values that the model does not name.
    Unseen,
    /// One level.
    Level {
        /// Its name in the data.
        name: String,
        /// What a person calls it, if the phrases of the data say.
        #[serde(skip_serializing_if = "Option::is_none")]
        label: Option<String>,
    },
    /// Numbers from one to below another.
    Interval {
        /// The lower end; None: from the lowest.
        from: Option<f64>,
        /// The upper end, outside; None: to the highest.
        to: Option<f64>,
    },
}

/// What two features add together, beyond each alone. Tables run over the bins of the first side,
/// for each over those of the second.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PairFacts {
    /// The two features.
    pub sides: [SideFacts; 2],
    /// Mean absolute contribution over the rows that it was learned from.
    pub importance: f64,
    /// What each cell adds to the log-odds.
    pub scores: Vec<f64>,
    /// Half the width of each cell's 95 % band.
    pub bands: Vec<f64>,
    /// Rows that each cell was learned from.
    pub rows: Vec<u32>,
    /// Distinct people among them; 0 when they were too few to learn from.
    pub people: Vec<u32>,
}

/// One side of a pair.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SideFacts {
    /// The feature's name in the schema.
    pub feature: String,
    /// What a person calls it.
    pub label: String,
    /// Its bins.
    pub bins: Vec<ValueFacts>,
}

/// How long one contender took; of folds, one entry each.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Timing {
    /// Of which contender.
    pub name: String,
    /// Seconds of the fit, tuning included.
    pub fit_seconds: Vec<f64>,
    /// Seconds of scoring the test rows, which is to account for them line by line; empty when none
    /// was tested.
    pub score_seconds: Vec<f64>,
}

impl RowCounts {
    /// The share of rows in which the response happened; 0 without rows.
    pub(super) fn share(self) -> f64 {
        self.positives as f64 / self.rows.max(1) as f64
    }
}

impl ValueFacts {
    /// What falls into the bin, in words.
    pub(super) fn words(&self) -> String {
        use super::scale::number;
        match self {
            Self::Missing => "missing".to_owned(),
            Self::Unseen => "any other".to_owned(),
            Self::Level { name, label: None } => name.clone(),
            Self::Level { name, label: Some(label) } => format!("{label} ({name})"),
            Self::Interval { from: None, to: None } => "any number".to_owned(),
            Self::Interval { from: None, to: Some(to) } => format!("below {}", number(*to)),
            Self::Interval { from: Some(from), to: None } => format!("{} and more", number(*from)),
            Self::Interval { from: Some(from), to: Some(to) } => {
                format!("{} to below {}", number(*from), number(*to))
            }
        }
    }

    /// The same, brief: a level that has a label by its label alone.
    pub(super) fn brief_words(&self) -> String {
        match self {
            Self::Level { label: Some(label), .. } => label.clone(),
            Self::Level { label: None, .. } | Self::Missing | Self::Unseen | Self::Interval { .. } => {
                self.words()
            }
        }
    }

    /// The name in the data of a level that has a label beside it.
    pub(super) fn name_beside_label(&self) -> Option<&str> {
        match self {
            Self::Level { name, label: Some(_) } => Some(name),
            Self::Level { label: None, .. } | Self::Missing | Self::Unseen | Self::Interval { .. } => None,
        }
    }

    /// Whether it is a known value, neither missing nor unseen.
    pub(super) const fn is_known(&self) -> bool {
        matches!(self, Self::Level { .. } | Self::Interval { .. })
    }
}

impl PairFacts {
    /// Both labels.
    pub(super) fn label(&self) -> String {
        format!("{} × {}", self.sides[0].label, self.sides[1].label)
    }

    /// Both labels, cut so that they fit into so many pixels together as text of a class.
    pub(super) fn brief_label(&self, class: &str, pixels: f64) -> String {
        use super::svg::{brief, width};
        let room = pixels - width(class, " × ");
        let of = |side: usize| width(class, &self.sides[side].label);
        // What one side leaves of its half, the other may take.
        let share = |side: usize| (room - of(1 - side)).max(room / 2.0);
        let [one, other] = [0, 1].map(|side| brief(class, &self.sides[side].label, share(side)));
        format!("{one} × {other}")
    }
}
