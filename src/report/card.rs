//! A model card: what a model is for, what it was made of, how good it is, and what is known against it.
//!
//! It states what an artefact and its schema hold, and nothing else; Mitchell et al. 2019, "Model Cards for
//! Model Reporting". As Markdown for people, and as JSON of the Model Card Toolkit (schema version 0.0.2).

mod json;
mod markdown;

use super::facts::{Calibration, Figure};

/// What a card states.
#[derive(Clone, Debug, PartialEq)]
pub struct Card {
    /// What the example is called.
    pub name: String,
    /// Content hash of the artefact.
    pub version: String,
    /// Which kind of model, in a sentence.
    pub architecture: String,
    /// What is predicted, in words.
    pub outcome: String,
    /// The kind of response: click or conversion.
    pub response: String,
    /// Content hash of the schema that it was trained under.
    pub schema_hash: String,
    /// Version of the format of its artefact.
    pub format_version: u32,
    /// What made it, with its version and licence.
    pub made_by: String,
    /// The licence of the data, as an SPDX identifier, if the schema states one.
    pub licence: Option<String>,
    /// Where it came from, in a sentence.
    pub origin: String,
    /// What it was trained on.
    pub training: TrainingFacts,
    /// What was promised to the people of the training rows, in a sentence, if anything was.
    pub promise: Option<String>,
    /// The features that its models use.
    pub data: Vec<DataFacts>,
    /// One model for each consent profile, the richest first.
    pub profiles: Vec<ProfileFacts>,
    /// What is known against it, a sentence each.
    pub limits: Vec<String>,
    /// What was changed by hand, oldest first.
    pub edits: Vec<EditFacts>,
}

/// What a model was trained on.
#[derive(Clone, Debug, PartialEq)]
pub struct TrainingFacts {
    /// Rows.
    pub rows: u64,
    /// Rows in which the response happened.
    pub positives: u64,
    /// Distinct people.
    pub people: u64,
    /// The first and the last day; None when the artefact does not say.
    pub span: Option<(String, String)>,
    /// Purposes that everyone in the rows accepted, by number of the framework.
    pub purposes: Vec<u8>,
}

/// One feature that a model uses.
#[derive(Clone, Debug, PartialEq)]
pub struct DataFacts {
    /// Its name in the schema.
    pub feature: String,
    /// What a person calls it.
    pub label: String,
    /// Whether it is about the person.
    pub personal: bool,
    /// Its category.
    pub category: String,
    /// Where the data come from.
    pub source: String,
    /// How they came to be: stated, observed or inferred.
    pub derivation: String,
    /// Purposes without which it does not serve, by number of the framework.
    pub serving: Vec<u8>,
    /// Purposes without which it does not train.
    pub training: Vec<u8>,
    /// Days for which the data behind it are kept; 0 when nothing is kept.
    pub retention_days: u32,
    /// Whether the person can switch it off.
    pub controllable: bool,
}

/// The model of one consent profile.
#[derive(Clone, Debug, PartialEq)]
pub struct ProfileFacts {
    /// Which.
    pub profile: String,
    /// What it knows and whom it serves, in a sentence.
    pub knows: String,
    /// How many terms it has: of one feature, and of two together.
    pub terms: [usize; 2],
    /// The score of an average row, in log-odds.
    pub intercept: f64,
    /// How good it is on rows held out, if it was measured on enough people.
    pub quality: Option<QualityFacts>,
    /// Mean absolute contribution of each term over the training rows, in log-odds, the most important first.
    pub importances: Vec<(String, f64)>,
    /// The most important terms, from their lowest to their highest.
    pub shapes: Vec<RangeFacts>,
}

/// How good a model is on rows that it was not trained on.
#[derive(Clone, Debug, PartialEq)]
pub struct QualityFacts {
    /// Rows.
    pub rows: u64,
    /// Rows in which the response happened.
    pub positives: u64,
    /// Distinct people.
    pub people: u64,
    /// Each figure with its 95 % interval.
    pub figures: Vec<(&'static str, Figure)>,
    /// Groups of rows by rising probability, those of enough people.
    pub calibration: Vec<Calibration>,
}

/// Between what a term moves the score.
#[derive(Clone, Debug, PartialEq)]
pub struct RangeFacts {
    /// What a person calls it.
    pub label: String,
    /// Where it is lowest.
    pub lowest: EndFacts,
    /// Where it is highest.
    pub highest: EndFacts,
}

/// One end of a term.
#[derive(Clone, Debug, PartialEq)]
pub struct EndFacts {
    /// What falls into the bin.
    pub value: String,
    /// What it adds to the log-odds.
    pub score: f64,
    /// Half the width of its 95 % band; None when the kind has none.
    pub band: Option<f64>,
}

/// A change by hand.
#[derive(Clone, Debug, PartialEq)]
pub struct EditFacts {
    /// When.
    pub at: String,
    /// The role or name of who made it.
    pub who: String,
    /// What was changed, in words.
    pub what: String,
    /// Why.
    pub why: String,
    /// The version that was edited.
    pub of: String,
}

impl Card {
    /// The version of the toolkit's schema that [`Card::json`] follows.
    pub const SCHEMA_VERSION: &str = "0.0.2";

    /// The card for people.
    #[must_use]
    pub fn markdown(&self) -> String {
        markdown::markdown(self)
    }

    /// The card for programs: JSON of the Model Card Toolkit.
    #[must_use]
    pub fn json(&self) -> String {
        json::json(self)
    }

    fn overview(&self) -> String {
        format!(
            "Estimates how likely it is that {}, to rank ads that compete for an impression.",
            self.outcome
        )
    }

    /// What it must not be used for, whatever it was trained on.
    const fn not_for() -> [&'static str; 4] {
        [
            "Decisions with legal or similarly grave effects on a person, such as credit, insurance, work or housing.",
            "Telling anything about one person: an estimate is of many alike, and most of the time it is wrong about one.",
            "Saying that a thing made somebody act: what it learned goes together with the response and need not cause it.",
            "People, places, ads or times unlike those that it was trained on.",
        ]
    }
}

/// Purposes by number, in words.
fn purposes(numbers: &[u8]) -> String {
    if numbers.is_empty() {
        return "none".to_owned();
    }
    numbers.iter().map(u8::to_string).collect::<Vec<_>>().join(", ")
}
