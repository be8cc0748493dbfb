//! What a decision was made of, beside what it tells.

use serde::{Deserialize, Serialize};

use super::{Cell, FeatureId, RankedAd, Rates};

/// What decides beside the models.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Policy {
    /// The least that a thousand impressions must be worth, in micros of the base currency.
    pub floor: Option<f64>,
    /// How many ads the answer shows at most.
    pub ads_max: u32,
    /// Whether conversions are predicted of people who clicked.
    pub conversion_given_click: bool,
    /// The conversion rates of the currencies that were offered.
    pub rates: Rates,
}

/// What was read of the ads that were scored, as the gate let it through.
#[derive(Clone, Debug, Default)]
pub struct Inputs<'r> {
    /// The features that are the same for all ads of one sensitivity.
    pub shared: Vec<FeatureId>,
    /// Their cells, for ordinary and for sensitive ads; empty where there was no such ad.
    pub rows: [Vec<Cell<'r>>; 2],
    /// The features that differ between ads.
    pub varying: Vec<FeatureId>,
    /// Those of them that are the ad's own.
    pub own: Vec<FeatureId>,
    /// Their cells, one ad after the other.
    pub cells: Vec<Cell<'r>>,
    /// Whether each ad is sensitive.
    pub sensitive: Vec<bool>,
}

impl<'r> Inputs<'r> {
    /// The features that were read: first those that ads share.
    pub fn features(&self) -> impl Iterator<Item = FeatureId> {
        self.shared.iter().chain(&self.varying).copied()
    }

    /// The cell of one ad, in the order in which they were scored, and the feature at a place of
    /// [`Inputs::features`].
    #[must_use]
    pub fn cell(&self, ad: usize, place: usize) -> Cell<'r> {
        match place.checked_sub(self.shared.len()) {
            None => self.rows[usize::from(self.sensitive[ad])][place],
            Some(place) => self.cells[ad * self.varying.len() + place],
        }
    }
}

/// What a decision was made of, beside what it tells.
#[derive(Clone, Debug)]
pub struct Workings<'r> {
    /// What decided beside the models.
    pub policy: Policy,
    /// What was read.
    pub inputs: Inputs<'r>,
    /// Places among the inputs of the eligible ads, best first, then of those below the floor.
    pub order: Vec<usize>,
    /// The ads below the floor.
    pub below: Vec<RankedAd>,
}
