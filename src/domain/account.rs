//! The exact account of a ranking value: its lines.

use std::sync::Arc;

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

/// The full list of lines that sum to a candidate's ranking value, model terms first.
///
/// Sources and values are apart: candidates of one decision mostly have the same sources, and share
/// them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Vec<Line>", into = "Vec<Line>")]
pub struct Account {
    sources: Arc<[LineSource]>,
    /// As many as there are sources.
    values: Vec<Nats>,
}

impl Account {
    /// The account with these sources and values; None unless there are as many of either.
    #[must_use]
    pub fn of(sources: Arc<[LineSource]>, values: Vec<Nats>) -> Option<Self> {
        (sources.len() == values.len()).then_some(Self { sources, values })
    }

    /// Where the lines come from.
    #[must_use]
    pub const fn sources(&self) -> &Arc<[LineSource]> {
        &self.sources
    }

    /// How much each line adds.
    #[must_use]
    pub fn values(&self) -> &[Nats] {
        &self.values
    }

    /// The lines.
    pub fn lines(&self) -> impl ExactSizeIterator<Item = Line> {
        self.sources.iter().zip(&self.values).map(|(&source, &value)| Line { source, value })
    }

    /// Whether the lines of both come from the same sources, in the same order.
    #[must_use]
    pub fn is_like(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.sources, &other.sources) || self.sources == other.sources
    }

    /// The ranking value: the sum of the lines. There is no other way to compute it.
    #[must_use]
    pub fn ranking_value(&self) -> Nats {
        self.values.iter().copied().sum()
    }

    /// The score (log-odds) of the model of `response`: intercept, contributions and withheld
    /// offset. None when that model took no part.
    #[must_use]
    pub fn score(&self, response: Response) -> Option<Nats> {
        let mut lines = self.lines().filter(|line| match line.source {
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
        self.lines().find(|line| line.source == source).map(|line| line.value)
    }
}

impl FromIterator<Line> for Account {
    fn from_iter<I: IntoIterator<Item = Line>>(lines: I) -> Self {
        let (sources, values): (Vec<_>, Vec<_>) =
            lines.into_iter().map(|line| (line.source, line.value)).unzip();
        Self { sources: sources.into(), values }
    }
}

impl From<Vec<Line>> for Account {
    fn from(lines: Vec<Line>) -> Self {
        lines.into_iter().collect()
    }
}

impl From<Account> for Vec<Line> {
    fn from(account: Account) -> Self {
        account.lines().collect()
    }
}

/// Writes one account after the other; those with the same sources share them.
#[derive(Debug, Default)]
pub struct AccountWriter {
    /// The lines of the account that is being written.
    sources: Vec<LineSource>,
    values: Vec<Nats>,
    /// The sources of the accounts that were written.
    known: Vec<Arc<[LineSource]>>,
}

impl AccountWriter {
    /// Appends a line.
    pub fn push(&mut self, source: LineSource, value: Nats) {
        self.sources.push(source);
        self.values.push(value);
    }

    /// Appends the lines of `sources` with `values`, as many as there are of both.
    pub fn extend(&mut self, sources: &[LineSource], values: impl Iterator<Item = Nats>) {
        let before = self.values.len();
        self.values.extend(values.take(sources.len()));
        self.sources.extend_from_slice(&sources[..self.values.len() - before]);
    }

    /// The account of the lines since the last one.
    pub fn finish(&mut self) -> Account {
        let known = self.known.iter().find(|known| known[..] == self.sources[..]).cloned();
        let sources = known.unwrap_or_else(|| {
            self.known.push(self.sources.as_slice().into());
            self.known[self.known.len() - 1].clone()
        });
        let account = Account { sources, values: self.values.as_slice().into() };
        self.discard();
        account
    }

    /// Forgets the lines since the last account.
    pub fn discard(&mut self) {
        self.sources.clear();
        self.values.clear();
    }
}
