//! From an example to rows that may be learned from.
//!
//! The consent gate comes first: rows of people who did not accept that their data improve the
//! service are left out, of training and of measuring alike, and of the others a feature is read
//! only if its training purposes were accepted.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::bound::bounded;
use crate::consent::{Gate, Permitted};
use crate::data::schema::{BaselineSpec, Split};
use crate::data::{Bundle, DataError, Dataset, Schema, TrainTest};
use crate::domain::{Direction, FeatureId, FieldError, Purpose, Purposes, Response};
use crate::model::additive::Guidance;

/// Seed of the split by people.
const SPLIT_SEED: u64 = 1;

/// Rows to learn from and rows to be measured by, with what the consent profiles may use.
#[derive(Debug)]
pub struct Prepared {
    /// What is predicted.
    pub response: Response,
    /// The same in words.
    pub outcome: String,
    /// How the rows were split, in words.
    pub split: String,
    /// The rows to fit: those that count for something.
    pub train: Permitted<Dataset>,
    /// The rows to measure by.
    pub test: Permitted<Dataset>,
    /// Where the rows to measure by are among the rows as loaded, ascending.
    pub test_places: Vec<usize>,
    /// Purposes that everyone in the training rows accepted.
    pub purposes: Purposes,
    /// The features of the contextual profile, ascending.
    pub contextual: Vec<FeatureId>,
    /// The features of the full profile, ascending.
    pub full: Vec<FeatureId>,
    /// The sets of features that choices of purposes can leave withheld.
    pub withheld_sets: Vec<Vec<FeatureId>>,
    /// Simple models that others must beat.
    pub baselines: Vec<BaselineSpec>,
    /// What the schema asks of additive models.
    pub asked: Asked,
}

/// What a schema asks of additive models.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Asked {
    /// Numbers with which the score may only rise or only fall.
    pub monotone: BTreeMap<FeatureId, Direction>,
    /// Pairs that must be there.
    pub pairs: Vec<[FeatureId; 2]>,
    /// Whether rows count for what a column says.
    pub weighed: bool,
}

impl Asked {
    fn of(schema: &Schema) -> Self {
        let directions = (0..).map(FeatureId).zip(&schema.features);
        Self {
            monotone: directions.filter_map(|(id, feature)| Some((id, feature.monotone?))).collect(),
            pairs: schema.pairs.clone(),
            weighed: schema.columns.weight.is_some(),
        }
    }

    /// Refuses to go on when anything is asked, for `whom` cannot keep to it.
    ///
    /// # Errors
    /// Names what is asked.
    pub fn refuse_for(&self, whom: &str) -> Result<(), FieldError> {
        let asked = [
            ("monotone", !self.monotone.is_empty()),
            ("pair", !self.pairs.is_empty()),
            ("columns.weight", self.weighed),
        ];
        match asked.into_iter().find(|(_, is_asked)| *is_asked) {
            Some((key, _)) => {
                Err(FieldError::new(key, format!("is in the schema, but {whom} cannot keep to it")))
            }
            None => Ok(()),
        }
    }

    /// The part that is about `features`.
    pub(super) fn guidance(&self, features: &[FeatureId]) -> Guidance<'static> {
        let has = |feature: &FeatureId| features.contains(feature);
        let monotone = self.monotone.iter().filter(|(feature, _)| has(feature));
        Guidance {
            monotone: monotone.map(|(&feature, &direction)| (feature, direction)).collect(),
            pairs: self.pairs.iter().copied().filter(|pair| pair.iter().all(has)).collect(),
            ..Guidance::default()
        }
    }
}

/// Why there are no rows to learn from.
#[derive(Debug, thiserror::Error)]
pub enum PrepareError {
    /// The data do not fit.
    #[error("{0}")]
    Data(#[from] DataError),
    /// The split leaves a side empty.
    #[error("{0}")]
    Split(#[from] FieldError),
    /// Nobody accepted that their data improve the service.
    #[error(
        "no row may be trained on: nobody in the data accepted purpose 10 (develop and improve services)"
    )]
    NobodyAccepted,
    /// A fold cannot be tested by what the others train.
    #[error("{file}: fold {fold} leaves {rule}")]
    Fold {
        /// The file of the folds.
        file: String,
        /// The fold, counted from 0.
        fold: u32,
        /// What it leaves.
        rule: String,
    },
}

/// The rows of an example that the gate lets train, not split yet.
#[derive(Debug)]
pub(super) struct Admitted {
    /// The rows.
    pub(super) rows: Permitted<Dataset>,
    /// Where each is among the rows as loaded, ascending; None when all of them are admitted.
    pub(super) places: Option<Vec<usize>>,
    /// What all parts of them have in common.
    common: Common,
}

/// What does not depend on the split.
#[derive(Clone, Debug)]
struct Common {
    response: Response,
    outcome: String,
    purposes: Purposes,
    contextual: Vec<FeatureId>,
    full: Vec<FeatureId>,
    withheld_sets: Vec<Vec<FeatureId>>,
    baselines: Vec<BaselineSpec>,
    asked: Asked,
}

/// Reads the rows of `bundle` that the gate lets train, and splits them as the schema says.
///
/// # Errors
/// When the data do not state the response, nobody accepted training, or a side of the split is
/// empty.
pub fn prepare(bundle: &Bundle, response: Response) -> Result<Prepared, PrepareError> {
    admit(bundle, response)?.split(&bundle.schema.split)
}

/// The same when nothing else of the example is needed but its schema: the rows as loaded are let go
/// of before the training begins.
///
/// # Errors
/// As [`prepare()`].
pub fn prepare_only(bundle: Bundle, response: Response) -> Result<(Schema, Prepared), PrepareError> {
    let admitted = admit(&bundle, response)?;
    let schema = bundle.into_schema();
    let prepared = admitted.split(&schema.split)?;
    Ok((schema, prepared))
}

/// Reads the rows of `bundle` that the gate lets train.
///
/// # Errors
/// When the data do not state the response, or nobody accepted training.
pub(super) fn admit(bundle: &Bundle, response: Response) -> Result<Admitted, PrepareError> {
    let schema = &bundle.schema;
    let gate = Gate::new(schema.features.clone().into());
    let accepted = accepted(bundle);
    let admitted = accepted.iter().copied().filter(|&purposes| Gate::trains(purposes));
    let count = admitted.clone().count();
    if count == 0 && !accepted.is_empty() {
        return Err(PrepareError::NobodyAccepted);
    }
    let trains = |&row: &usize| Gate::trains(accepted[row]);
    let places = (count < accepted.len()).then(|| (0..accepted.len()).filter(trains).collect::<Vec<_>>());
    let rows = gate.admit_training(&accepted, |permits| {
        let rows = bundle.dataset(response, permits)?;
        Ok::<_, DataError>(match &places {
            Some(places) => rows.select(places),
            None => rows,
        })
    })?;
    let all = (0..).map(FeatureId).zip(&schema.features);
    let contextual = all.clone().filter(|(_, f)| f.is_contextual()).map(|(id, _)| id).collect();
    let full = all.map(|(id, _)| id).collect::<Vec<_>>();
    let purposes = admitted.reduce(Purposes::intersection).unwrap_or_default();
    let common = Common {
        response,
        outcome: schema.outcome(response).map_or(String::new(), |outcome| outcome.name.clone()),
        purposes,
        contextual,
        withheld_sets: gate.withheld_sets(&full),
        full,
        baselines: schema.baselines.clone(),
        asked: Asked::of(schema),
    };
    Ok(Admitted { rows, places, common })
}

impl Admitted {
    /// What is predicted, in words.
    pub(super) fn outcome(&self) -> &str {
        &self.common.outcome
    }

    /// The rows on the two sides of `split`.
    fn split(self, split: &Split) -> Result<Prepared, PrepareError> {
        let sides = split.rows(&self.rows, SPLIT_SEED).both_sides()?;
        let test_places = self.places_of(&sides.test);
        let Self { rows, places, common } = self;
        drop(places);
        let train = counting(&rows, &sides.train);
        let rows = rows.part([&train, &sides.test]);
        Ok(common.prepared(rows, test_places, describe(split)))
    }

    /// The rows on the two sides of a split, which `split` describes.
    pub(super) fn part(&self, sides: &TrainTest, split: String) -> Prepared {
        let test_places = self.places_of(&sides.test);
        let train = counting(&self.rows, &sides.train);
        let rows = [self.rows.select(&train), self.rows.select(&sides.test)];
        self.common.clone().prepared(rows, test_places, split)
    }

    /// Where `rows` are among the rows as loaded.
    fn places_of(&self, rows: &[usize]) -> Vec<usize> {
        let place = |&row: &usize| self.places.as_ref().map_or(row, |places| places[row]);
        rows.iter().map(place).collect()
    }
}

impl Common {
    fn prepared(self, rows: [Permitted<Dataset>; 2], test_places: Vec<usize>, split: String) -> Prepared {
        let [train, test] = rows;
        Prepared {
            response: self.response,
            outcome: self.outcome,
            split,
            train,
            test,
            test_places,
            purposes: self.purposes,
            contextual: self.contextual,
            full: self.full,
            withheld_sets: self.withheld_sets,
            baselines: self.baselines,
            asked: self.asked,
        }
    }
}

/// Those of `rows` that count for something: one of weight 0 is as if it were not there, and so is a
/// person who has no other. Of a person who has many more than others only some count.
fn counting<'r>(data: &Dataset, rows: &'r [usize]) -> Cow<'r, [usize]> {
    let Some(weight) = &data.weight else { return bounded(data, Cow::Borrowed(rows)) };
    bounded(data, rows.iter().copied().filter(|&row| weight[row] > 0.0).collect())
}

/// The purposes in force for the person of each row.
fn accepted(bundle: &Bundle) -> Vec<Purposes> {
    let by_all = bundle.schema.accepted_by_all;
    let impersonal = bundle.schema.features.iter().all(|feature| feature.training.is_empty());
    let of_row = |row| match bundle.impressions.subject(row) {
        Some(subject) => bundle.consents.of_all_and(by_all, subject),
        // Rows that are about nobody need nobody's consent.
        None if impersonal => Purposes::NONE.with(Purpose::ImproveServices),
        None => by_all,
    };
    (0..bundle.impressions.rows()).map(of_row).collect()
}

fn describe(split: &Split) -> String {
    match split {
        Split::Time(before) => format!("all from {} on", before.day()),
        Split::Share(share) => format!("of {:.0} % of the people, drawn by a seeded hash", share * 100.0),
        Split::All => "none".to_owned(),
    }
}
