//! The exact account of a ranking value: its lines.

use serde::{Deserialize, Serialize};

use super::{FeatureId, Nats};

/// What a model predicts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Response {
    /// That the ad is clicked.
    Click,
    /// That the person does what the ad is for.
    Conversion,
}

impl Response {
    /// The name used in files and on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Click => "click",
            Self::Conversion => "conversion",
        }
    }
}

/// Where a line comes from. Lines with a response belong to the model of that response.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum LineSource {
    /// The score of a row of which everything is average.
    Intercept(Response),
    /// One feature's contribution.
    Feature(Response, FeatureId),
    /// The contribution of two features together, beyond that of each.
    Pair(Response, FeatureId, FeatureId),
    /// The constant that restores the mean when a set of features is withheld.
    WithheldOffset(Response),
    /// From log-odds to log-probability: -ln(1 + e^score).
    Saturation(Response),
    /// The natural logarithm of the bid in micros.
    Bid,
    /// -ln(1000) for a price per thousand impressions.
    PerMille,
    /// The natural logarithm of the conversion rate into the base currency.
    CurrencyRate,
}

/// One signed share of a ranking value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// Where it comes from.
    pub source: LineSource,
    /// How much it adds.
    pub value: Nats,
}

/// The full list of lines that sum to a candidate's ranking value.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// The lines, model terms first.
    pub lines: Vec<Line>,
}

impl Account {
    /// The ranking value: the sum of the lines. There is no other way to compute it.
    #[must_use]
    pub fn ranking_value(&self) -> Nats {
        self.lines.iter().map(|line| line.value).sum()
    }

    /// The score (log-odds) of the model of `response`: intercept, contributions and withheld
    /// offset. None when that model took no part.
    #[must_use]
    pub fn score(&self, response: Response) -> Option<Nats> {
        let mut lines = self.lines.iter().filter(|line| match line.source {
            LineSource::Intercept(r)
            | LineSource::Feature(r, _)
            | LineSource::Pair(r, _, _)
            | LineSource::WithheldOffset(r) => r == response,
            LineSource::Saturation(_) | LineSource::Bid | LineSource::PerMille | LineSource::CurrencyRate => {
                false
            }
        });
        lines.next().map(|first| first.value + lines.map(|line| line.value).sum())
    }

    /// The intercept of the model of `response`: the score when every feature is average.
    #[must_use]
    pub fn baseline(&self, response: Response) -> Option<Nats> {
        self.value_of(LineSource::Intercept(response))
    }

    /// The value of the line of `source`, if the account has one.
    #[must_use]
    pub fn value_of(&self, source: LineSource) -> Option<Nats> {
        self.lines.iter().find(|line| line.source == source).map(|line| line.value)
    }

    /// Appends a line.
    pub fn push(&mut self, source: LineSource, value: Nats) {
        self.lines.push(Line { source, value });
    }
}
