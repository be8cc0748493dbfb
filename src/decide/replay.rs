//! A logged decision made again from its record.

use std::sync::Arc;

use super::making::{Ranking, value_ad};
use super::score::sources;
use super::{DecideError, Engine};
use crate::domain::{
    AccountWriter, AdId, AdLabel, Cell, Decision, DecisionId, FeatureId, LineSource, ModelVersion, Nats,
    Profile, RankedAd, Refusal, Response, TenantId,
};
use crate::ledger::{Record, Upshot, Verification};
use crate::model::Artefact;
use crate::train::RegistryError;

/// What became of a decision that was made again.
#[derive(Clone, Debug, PartialEq)]
pub enum Replayed {
    /// It is the same, to the unit.
    Identical(Box<Decision>),
    /// It is not.
    Differs(Vec<Difference>),
    /// What it held was erased.
    Erased,
    /// A model that took part is no longer kept.
    Expired(ModelVersion),
}

/// Where a decision that was made again is not what was logged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Difference {
    /// The ranking value of an ad.
    RankingValue {
        /// The ad.
        ad: AdId,
        /// As it was logged.
        logged: Nats,
        /// As it is now.
        now: Nats,
    },
    /// A line of the account of the ad that came first.
    Line {
        /// The ad.
        ad: AdId,
        /// The line.
        source: LineSource,
        /// As it was logged.
        logged: Nats,
        /// As it is now.
        now: Nats,
    },
    /// Which ads are eligible, their order, or something else that is told of them.
    Told,
}

/// What a decision that is made again has to do without.
#[derive(Clone, Debug, Default)]
pub(super) struct Narrowing {
    /// Features that are withheld.
    pub(super) withheld: Vec<FeatureId>,
    /// Ads that are refused, each with its cause.
    pub(super) refused: Vec<Refusal>,
}

/// The models that took part, by response.
type Models = Vec<(Response, Arc<Artefact>)>;

impl Engine {
    /// Makes a logged decision again, from its record and the versions that it names.
    ///
    /// # Errors
    /// When there is no such decision, or it cannot be read.
    pub async fn replay(&self, tenant: &TenantId, id: DecisionId) -> Result<Replayed, DecideError> {
        let record = match self.logged(tenant, id).await {
            Ok(record) => record,
            Err(DecideError::Erased) => return Ok(Replayed::Erased),
            Err(error) => return Err(error),
        };
        match self.make_again(&record, &Narrowing::default()) {
            Ok((decision, below)) => {
                let differences = compare(&record, &decision, &below);
                Ok(if differences.is_empty() {
                    Replayed::Identical(Box::new(decision))
                } else {
                    Replayed::Differs(differences)
                })
            }
            Err(DecideError::ModelGone(version)) => Ok(Replayed::Expired(version)),
            Err(error) => Err(error),
        }
    }

    /// Walks the whole log, then tries every data key.
    ///
    /// # Errors
    /// When the store cannot be read; what was tampered with is an answer, not an error.
    pub async fn verify_ledger(&self) -> Result<Verification, DecideError> {
        Ok(self.ledger.verify(&[]).await?)
    }

    /// The names of the schema's features, by which lines are named.
    #[must_use]
    pub fn feature_names(&self) -> Arc<[String]> {
        self.feature_names.clone()
    }

    /// The decision of a record, its accounts made again.
    ///
    /// # Errors
    /// When a model that took part is gone, or what is made is not what was logged: then nothing is told
    /// of it.
    pub(super) fn restore(&self, record: &Record) -> Result<Decision, DecideError> {
        let (decision, below) = self.make_again(record, &Narrowing::default())?;
        match compare(record, &decision, &below).first() {
            None => Ok(decision),
            Some(difference) => Err(DecideError::Internal(format!(
                "decision {} was made again differently: {difference:?}",
                record.id
            ))),
        }
    }

    /// Makes a decision again with less; the decision and the ads below its floor.
    pub(super) fn make_again(
        &self,
        record: &Record,
        narrowing: &Narrowing,
    ) -> Result<(Decision, Vec<RankedAd>), DecideError> {
        let models = self.models_of(record)?;
        let model_of =
            |response: Response| models.iter().find(|(of, _)| *of == response).map(|(_, model)| model);
        let fallback = [Response::Conversion, Response::Click].into_iter().find(|of| model_of(*of).is_some());
        let fallback = fallback.unwrap_or(Response::Conversion);
        let mut account = AccountWriter::default();
        let mut row = Vec::new();
        let mut layouts = Layouts::default();
        let stays = |ad: &AdLabel| !narrowing.refused.iter().any(|refusal| refusal.ad == ad.id);
        let scored = record.scored.iter().enumerate().filter(|(_, scored)| stays(&scored.ad));
        let scored = scored.map(|(place, scored)| {
            record.row(place, &mut row);
            for feature in &narrowing.withheld {
                row[feature.index()] = Cell::Withheld;
            }
            let score = |account: &mut AccountWriter, response: Response| {
                let model = model_of(response).ok_or(DecideError::NoModel(response))?;
                Ok(layouts.score(account, model, &row))
            };
            value_ad(&mut account, (&scored.ad, scored.bid), &record.policy, fallback, score)
        });
        let scored = scored.collect::<Result<Vec<_>, _>>()?;
        let mut ranking = Ranking::of(scored, &record.policy);
        // The facts of the ads that were shown are known, wherever they stand now.
        for (shown, evidence) in record.scored.iter().zip(&record.upshot.evidence) {
            if let Some(ad) = ranking.ranked.iter_mut().find(|ranked| ranked.ad.id == shown.ad.id) {
                ad.evidence.clone_from(evidence);
            }
        }
        let decision = Decision {
            id: record.id,
            tenant: record.tenant.clone(),
            impression: record.impression.clone(),
            at: record.at,
            versions: record.versions.clone(),
            has_subject: record.has_subject,
            accepted: record.accepted,
            verdicts: record.verdicts.clone(),
            features: record.features.clone(),
            shown: ranking.shown(&record.policy),
            refused: record
                .refused
                .iter()
                .chain(&narrowing.refused)
                .cloned()
                .chain(ranking.refusals())
                .collect(),
            not_shown: ranking.not_shown(record.late),
            ranked: ranking.ranked,
        };
        Ok((decision, ranking.below))
    }

    fn models_of(&self, record: &Record) -> Result<Models, DecideError> {
        let find = |(response, version): &(Response, ModelVersion)| match self.registry.artefact(version) {
            Ok(artefact) => Ok((*response, artefact)),
            Err(RegistryError::Unknown(version)) => Err(DecideError::ModelGone(version)),
            Err(error) => Err(error.into()),
        };
        record.versions.models.iter().map(find).collect()
    }
}

/// Scores rows one by one, and writes the sources of lines once.
#[derive(Default)]
struct Layouts {
    known: Vec<((Response, Profile, bool), Vec<LineSource>)>,
    contributions: Vec<Nats>,
}

impl Layouts {
    /// Appends the lines of `model` for a row; their sum, and the profile that gave it.
    fn score(
        &mut self,
        account: &mut AccountWriter,
        artefact: &Artefact,
        row: &[Cell<'_>],
    ) -> (Nats, Profile) {
        let (profile, offset) = artefact.profiled.choose(row);
        let offset = (offset != Nats::ZERO).then_some(offset);
        let model = artefact.profiled.model(profile);
        self.contributions.resize(model.terms().len(), Nats::ZERO);
        model.attribute(row, &mut self.contributions);
        let layout = (artefact.response, profile, offset.is_some());
        let place = self.known.iter().position(|(known, _)| *known == layout).unwrap_or_else(|| {
            self.known.push((layout, sources(model.terms(), artefact.response, offset.is_some())));
            self.known.len() - 1
        });
        let intercept = std::iter::once(model.intercept());
        let values = intercept.chain(self.contributions.iter().copied()).chain(offset);
        let score = values.clone().sum();
        account.extend(&self.known[place].1, values);
        (score, profile)
    }
}

/// Where what was made again differs from what was logged.
pub(super) fn compare(record: &Record, decision: &Decision, below: &[RankedAd]) -> Vec<Difference> {
    let now = Upshot::of(decision, below);
    if now == record.upshot {
        return Vec::new();
    }
    let logged_of = |ad: &AdLabel| {
        let place = record.scored.iter().position(|logged| logged.ad.id == ad.id)?;
        record.upshot.ranking_values.get(place).copied()
    };
    let values = decision.ranked.iter().chain(below).filter_map(|ranked| {
        let (logged, now) = (logged_of(&ranked.ad)?, ranked.ranking_value());
        (logged != now).then(|| Difference::RankingValue { ad: ranked.ad.id.clone(), logged, now })
    });
    let mut differences: Vec<Difference> = values.collect();
    if let Some(first) = decision.ranked.first() {
        let lines = first.account.lines().zip(&record.upshot.first);
        let lines = lines.filter(|(line, logged)| line.value != **logged);
        differences.extend(lines.map(|(line, logged)| Difference::Line {
            ad: first.ad.id.clone(),
            source: line.source,
            logged: *logged,
            now: line.value,
        }));
    }
    if differences.is_empty() {
        differences.push(Difference::Told);
    }
    differences
}
