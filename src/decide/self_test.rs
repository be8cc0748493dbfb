//! Whether what a model's explanations claim is so: tried on made-up people when it is to serve.
//!
//! Each named datum of a made-up decision is withheld and the decision made again, by the code that decides and
//! makes again for everyone. In a sum of terms of one feature each, what is claimed is what changes, to the unit. Of
//! pairs, of trees, and where context serves in the place of everything, the change that is made stands beside the
//! one that is claimed; nothing but the former is told to people.

mod made_up;

use std::sync::{Arc, PoisonError};

use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use self::made_up::MadeUp;
use super::replay::{Narrowing, compare};
use super::{DecideError, Engine};
use crate::domain::{
    Account, Cell, Decision, FeatureId, LineSource, Locale, ModelVersion, Nats, RankedAd, Response, Workings,
};
use crate::explain::{Explanation, Precision};
use crate::ledger::Record;
use crate::model::{ModelKind, ValueRange};
use crate::train::ActiveModel;

/// How many decisions are made up.
const DECISIONS: u64 = 48;
/// Of how many numbers of one decision the stability is tried.
const NUMBERS_MAX: usize = 8;
/// How far a number is moved, as a part of its range.
const NUDGE: f64 = 0.01;
/// Seed of every draw.
const SEED: u64 = 1;

/// What came of trying a model.
#[derive(Clone, Debug, PartialEq)]
pub struct SelfTest {
    /// The version that was tried.
    pub version: ModelVersion,
    /// What it predicts.
    pub response: Response,
    /// Which kind it is.
    pub kind: ModelKind,
    /// Decisions that were made up.
    pub decisions: u32,
    /// Data that reasons named and that were withheld, one at a time, to decide again.
    pub withheld: u32,
    /// Of these, such as stand alone: in a model that served both times, a sum whose other terms do not read them.
    pub alone: u32,
    /// The largest difference between what was claimed of a datum that stands alone and what changed; 0 when the
    /// account tells the truth.
    pub alone_gap_max: Nats,
    /// Mean of what was claimed of a datum, as log-odds without a sign.
    pub claimed_mean: f64,
    /// Mean of what changed when it was withheld, likewise.
    pub made_mean: f64,
    /// The largest difference between the two, over all data.
    pub gap_max: f64,
    /// The largest change of an account when one number moves by a hundredth of its range: log-odds, summed over
    /// the lines without their signs, per range.
    pub slope_max: f64,
    /// Decisions that were not made again identically, or of which two audiences are told other reasons, or reasons
    /// in another order.
    pub disagreements: u32,
}

impl SelfTest {
    /// Whether nothing was found that must not be.
    #[must_use]
    pub const fn is_truthful(&self) -> bool {
        self.alone_gap_max.units() == 0 && self.disagreements == 0
    }

    fn tell(&self) {
        let (version, response, kind) = (self.version.short(), self.response.name(), self.kind.name());
        let Self { decisions, withheld, alone, claimed_mean, made_mean, gap_max, slope_max, .. } = *self;
        let (alone_gap_max, disagreements) = (self.alone_gap_max.to_f64(), self.disagreements);
        tracing::info!(
            version,
            response,
            kind,
            decisions,
            withheld,
            alone,
            alone_gap_max,
            claimed_mean,
            made_mean,
            gap_max,
            slope_max,
            disagreements,
            "the model's explanations were tried"
        );
        if !self.is_truthful() {
            tracing::error!(
                version,
                response,
                alone_gap_max,
                disagreements,
                "the model's explanations do not tell the truth"
            );
        }
    }
}

impl Engine {
    /// What came of trying the models that serve.
    #[must_use]
    pub fn self_tests(&self) -> Vec<Arc<SelfTest>> {
        self.self_tests.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Tries the models that serve, and tells the log what came of it; those that were tried before are not tried
    /// again.
    pub(super) fn try_models(&self) {
        let models = self.registry.active();
        let known = self.self_tests();
        let mut tests = Vec::new();
        for model in [Response::Click, Response::Conversion].into_iter().filter_map(|of| models.get(of)) {
            if let Some(test) = known.iter().find(|test| test.version == model.version) {
                tests.push(Arc::clone(test));
                continue;
            }
            match self.try_model(model) {
                Ok(test) => {
                    test.tell();
                    tests.push(Arc::new(test));
                }
                Err(error) => {
                    tracing::warn!(version = model.version.short(), %error, "a model could not be tried");
                }
            }
        }
        *self.self_tests.write().unwrap_or_else(PoisonError::into_inner) = tests;
    }

    fn try_model(&self, model: &ActiveModel) -> Result<SelfTest, DecideError> {
        let mut trial = Trial::of(model);
        let mut draws = ChaCha8Rng::seed_from_u64(SEED);
        for number in 0..DECISIONS {
            let MadeUp { request, history, at, id } = self.make_up(model, number, &mut draws)?;
            let keep = |decision: &Decision, workings: &Workings<'_>| {
                let unread = || DecideError::Internal("a made-up decision cannot be recorded".to_owned());
                Record::of(decision, workings, &self.listing).ok_or_else(unread)
            };
            let (decision, record) = self.make(&request, None, (at, id), (&history, None), keep)?;
            if decision.ranked.is_empty() {
                continue;
            }
            trial.decisions += 1;
            self.try_audiences(&mut trial, &decision, &record)?;
            self.try_withholding(&mut trial, &decision, &record)?;
            trial.try_stability(&record, &mut draws);
        }
        Ok(trial.end())
    }

    /// What the ad server is told of the decision as it was made, the person of it as it is made again, and either
    /// in words as exact and as rough as there are.
    fn try_audiences(
        &self,
        trial: &mut Trial<'_>,
        decision: &Decision,
        record: &Record,
    ) -> Result<(), DecideError> {
        let (again, below) = self.make_again(record, &Narrowing::default())?;
        let reasons = |of: &Decision| self.explain_ad(of, 0).map(|told| told.reasons).unwrap_or_default();
        let (served, opened) = (reasons(decision), reasons(&again));
        let is_told = |precision| {
            opened.iter().all(|reason| !self.sentence(&again, reason, Locale::En, precision).is_empty())
        };
        let order = |of: &[crate::domain::Reason]| {
            of.iter().map(|reason| (reason.code.clone(), reason.standing)).collect::<Vec<_>>()
        };
        let agree = order(&served) == order(&opened)
            && compare(record, &again, &below).is_empty()
            && is_told(Precision::Exact)
            && is_told(Precision::Banded);
        trial.disagreements += u32::from(!agree);
        Ok(())
    }

    /// Withholds each named datum in turn, and decides again.
    fn try_withholding(
        &self,
        trial: &mut Trial<'_>,
        decision: &Decision,
        record: &Record,
    ) -> Result<(), DecideError> {
        let Some(Explanation { reasons, .. }) = self.explain_ad(decision, 0) else { return Ok(()) };
        let before = &decision.ranked[0];
        let data = reasons.iter().filter(|reason| !reason.features.is_empty() && !reason.code.contains('+'));
        for reason in data {
            let datum = &reason.code;
            let of_datum = |id: &FeatureId| {
                self.schema.features.get(id.index()).is_some_and(|feature| feature.datum == *datum)
            };
            let withheld: Vec<FeatureId> = record.read.iter().copied().filter(of_datum).collect();
            let narrowing = Narrowing { withheld: withheld.clone(), ..Narrowing::default() };
            let (after, below) = self.make_again(record, &narrowing)?;
            let after = after.ranked.iter().chain(&below).find(|ad| ad.ad.id == before.ad.id);
            if let Some(after) = after {
                trial.compare(before, after, &withheld);
            }
        }
        Ok(())
    }
}

/// A trial under way.
struct Trial<'m> {
    model: &'m ActiveModel,
    decisions: u32,
    withheld: u32,
    alone: u32,
    alone_gap_max: Nats,
    claimed: f64,
    made: f64,
    gap_max: f64,
    slope_max: f64,
    disagreements: u32,
}

impl<'m> Trial<'m> {
    const fn of(model: &'m ActiveModel) -> Self {
        Self {
            model,
            decisions: 0,
            withheld: 0,
            alone: 0,
            alone_gap_max: Nats::ZERO,
            claimed: 0.0,
            made: 0.0,
            gap_max: 0.0,
            slope_max: 0.0,
            disagreements: 0,
        }
    }

    /// Sets what was claimed of a datum against what changed without it.
    fn compare(&mut self, before: &RankedAd, after: &RankedAd, withheld: &[FeatureId]) {
        let response = self.model.artefact.response;
        let (Some(score), Some(score_after)) =
            (sum(&before.account, response), sum(&after.account, response))
        else {
            return;
        };
        let mut claimed = Nats::ZERO;
        let mut stands_alone = match self.model.artefact.kind {
            ModelKind::Additive | ModelKind::Linear => {
                is_same_model(&before.account, &after.account, response)
            }
            ModelKind::Tree => false,
        };
        for line in before.account.lines() {
            match line.source {
                LineSource::Feature(of, feature) if of == response && withheld.contains(&feature) => {
                    claimed += line.value;
                }
                LineSource::Pair(of, one, other) if of == response => {
                    match (withheld.contains(&one), withheld.contains(&other)) {
                        (true, true) => claimed += line.value,
                        (true, false) | (false, true) => stands_alone = false,
                        (false, false) => {}
                    }
                }
                LineSource::Feature(..)
                | LineSource::Pair(..)
                | LineSource::Intercept(_)
                | LineSource::WithheldOffset(_)
                | LineSource::Saturation(_)
                | LineSource::Bid
                | LineSource::PerMille
                | LineSource::CurrencyRate => {}
            }
        }
        let made = score - score_after;
        let gap = (made - claimed).abs();
        self.withheld += 1;
        self.claimed += claimed.to_f64().abs();
        self.made += made.to_f64().abs();
        self.gap_max = self.gap_max.max(gap.to_f64());
        if stands_alone {
            self.alone += 1;
            self.alone_gap_max = self.alone_gap_max.max(gap);
        }
    }

    /// Moves some numbers of the first ad a little, one at a time.
    fn try_stability(&mut self, record: &Record, draws: &mut ChaCha8Rng) {
        let mut row = Vec::new();
        record.row(0, &mut row);
        let profiled = &self.model.artefact.profiled;
        let model = profiled.model(profiled.choose(&row).0);
        let attribute = |row: &[Cell<'_>]| {
            let mut contributions = vec![Nats::ZERO; model.terms().len()];
            model.attribute(row, &mut contributions);
            contributions
        };
        let before = attribute(&row);
        let mut numbers: Vec<(FeatureId, f64, f64)> = Vec::new();
        for (feature, range) in model.ranges() {
            match (row.get(feature.index()), range) {
                (Some(Cell::Number(number)), ValueRange::Numbers { low, high }) => {
                    numbers.push((feature, *number, high - low));
                }
                (_, ValueRange::Numbers { .. } | ValueRange::Names(_)) => {}
            }
        }
        numbers.shuffle(draws);
        for (feature, number, range) in numbers.into_iter().take(NUMBERS_MAX) {
            let step = if draws.r#gen::<bool>() { NUDGE } else { -NUDGE };
            row[feature.index()] = Cell::Number(number + step * range);
            let after = attribute(&row);
            row[feature.index()] = Cell::Number(number);
            let moved: Nats = before.iter().zip(&after).map(|(one, other)| (*one - *other).abs()).sum();
            self.slope_max = self.slope_max.max(moved.to_f64() / NUDGE);
        }
    }

    fn end(self) -> SelfTest {
        let mean = |sum: f64| if self.withheld == 0 { 0.0 } else { sum / f64::from(self.withheld) };
        SelfTest {
            version: self.model.version.clone(),
            response: self.model.artefact.response,
            kind: self.model.artefact.kind,
            decisions: self.decisions,
            withheld: self.withheld,
            alone: self.alone,
            alone_gap_max: self.alone_gap_max,
            claimed_mean: mean(self.claimed),
            made_mean: mean(self.made),
            gap_max: self.gap_max,
            slope_max: self.slope_max,
            disagreements: self.disagreements,
        }
    }
}

/// The score without the constant for what is withheld, which no datum claims.
fn sum(account: &Account, response: Response) -> Option<Nats> {
    let offset = account.value_of(LineSource::WithheldOffset(response)).unwrap_or(Nats::ZERO);
    account.score(response).map(|score| score - offset)
}

/// Whether the same model of a response gave both accounts.
fn is_same_model(one: &Account, other: &Account, response: Response) -> bool {
    let terms = |account: &Account| {
        let of_model = account.lines().filter(|line| match line.source {
            LineSource::Feature(of, _) | LineSource::Pair(of, ..) => of == response,
            LineSource::Intercept(_)
            | LineSource::WithheldOffset(_)
            | LineSource::Saturation(_)
            | LineSource::Bid
            | LineSource::PerMille
            | LineSource::CurrencyRate => false,
        });
        of_model.map(|line| line.source).collect::<Vec<_>>()
    };
    one.baseline(response) == other.baseline(response) && terms(one) == terms(other)
}
