//! From a candidate to the lines of a model: read what is permitted, attribute, add up.

use std::collections::BTreeSet;

use super::request::{Stated, StatedValue};
use super::{Engine, Request};
use crate::consent::Verdicts;
use crate::data::{History, Past};
use crate::domain::{Account, Ad, Cell, Evidence, FeatureId, LineSource, Nats, Origin, Profile, Timestamp};
use crate::model::Term;
use crate::train::{ActiveModel, ActiveModels};

/// Scores the candidates of one request; its buffers serve all of them.
pub(super) struct Scorer<'r> {
    engine: &'r Engine,
    facts: &'r Facts<'r>,
    /// What may be read for an ordinary ad; for a sensitive one nothing personal may.
    verdicts: &'r Verdicts,
    row: Vec<Cell<'r>>,
    affinities: Vec<Cell<'static>>,
    contributions: Vec<Nats>,
}

impl<'r> Scorer<'r> {
    /// A scorer that reads what `verdicts` permit.
    pub(super) fn new(
        engine: &'r Engine,
        facts: &'r Facts<'r>,
        verdicts: &'r Verdicts,
        models: &ActiveModels,
    ) -> Self {
        Self {
            engine,
            facts,
            verdicts,
            row: Vec::with_capacity(engine.schema.features.len()),
            affinities: Vec::with_capacity(engine.affinities.len()),
            contributions: vec![Nats::ZERO; models.terms_max()],
        }
    }

    /// Appends the lines of a model for one ad; returns their sum, the score, and the profile that
    /// gave it.
    pub(super) fn score(
        &mut self,
        model: &ActiveModel,
        ad: &'r Ad,
        account: &mut Account,
    ) -> (Nats, Profile) {
        let verdicts = if ad.sensitive { &self.engine.context_only } else { self.verdicts };
        self.facts.read_affinities(self.engine, verdicts, ad, &mut self.affinities);
        let (facts, affinities) = (self.facts, &self.affinities);
        let row = self.engine.gate.admit(verdicts, &mut self.row, |feature| {
            match self.engine.place_of_affinity[feature.index()] {
                Some(place) => affinities[place],
                None => facts.stated(self.engine, ad, feature),
            }
        });
        let profiled = &model.artefact.profiled;
        let (profile, offset) = profiled.choose(&row);
        let fitted = profiled.model(profile);
        let contributions = &mut self.contributions[..fitted.terms().len()];
        fitted.attribute(&row, contributions);

        let response = model.artefact.response;
        let mut score = fitted.intercept();
        account.push(LineSource::Intercept(response), score);
        for (term, contribution) in fitted.terms().iter().zip(contributions.iter()) {
            let source = match *term {
                Term::Feature(feature) => LineSource::Feature(response, feature),
                Term::Pair(one, other) => LineSource::Pair(response, one, other),
            };
            account.push(source, *contribution);
            score += *contribution;
        }
        if offset != Nats::ZERO {
            account.push(LineSource::WithheldOffset(response), offset);
            score += offset;
        }
        (score, profile)
    }
}

/// What is known for one request, before the gate.
pub(super) struct Facts<'r> {
    request: &'r Request,
    /// What the person did before the impression; None without a person.
    past: Option<Past<'r>>,
}

impl<'r> Facts<'r> {
    /// The facts of a request at the moment `at`.
    pub(super) fn new(engine: &Engine, request: &'r Request, history: &'r History, at: Timestamp) -> Self {
        let subject = request.subject.as_ref();
        let past = subject.map(|subject| history.before(&subject.key, at, &engine.affinities));
        Self { request, past }
    }

    /// Computes the permitted affinities of one ad, in the order of the engine's affinities.
    fn read_affinities(&self, engine: &Engine, verdicts: &Verdicts, ad: &Ad, cells: &mut Vec<Cell<'static>>) {
        cells.clear();
        match &self.past {
            Some(past) => {
                let permits = |place: usize| verdicts.permits(engine.affinity_features[place]);
                past.cells(ad, &engine.affinities, permits, cells);
            }
            None => cells.resize(engine.affinities.len(), Cell::Missing),
        }
    }

    /// A feature that the request or the catalogue states.
    fn stated(&self, engine: &Engine, ad: &'r Ad, feature: FeatureId) -> Cell<'r> {
        match engine.schema.features[feature.index()].origin {
            Origin::Context => stated(&self.request.context, feature),
            Origin::Subject => self
                .request
                .subject
                .as_ref()
                .map_or(Cell::Missing, |subject| stated(&subject.features, feature)),
            Origin::Ad => {
                let own = ad.features.binary_search_by_key(&feature, |(id, _)| *id);
                own.map_or(Cell::Missing, |at| ad.features[at].1.cell())
            }
            Origin::History => Cell::Missing,
        }
    }

    /// The facts behind the features that have a line in `account`.
    pub(super) fn evidence(
        &self,
        engine: &Engine,
        verdicts: &Verdicts,
        ad: &'r Ad,
        account: &Account,
    ) -> Vec<(FeatureId, Evidence)> {
        let verdicts = if ad.sensitive { &engine.context_only } else { verdicts };
        let fact = |id: FeatureId| {
            if !verdicts.permits(id) {
                return Evidence::Withheld { feature: id, cause: verdicts.of(id).cause };
            }
            let affinity = engine.place_of_affinity[id.index()].map(|place| engine.affinities[place]);
            if let (Some(affinity), Some(past)) = (affinity, &self.past) {
                return past.evidence(ad, affinity, &engine.schema, &engine.symbols);
            }
            match self.stated(engine, ad, id) {
                Cell::Number(value) => Evidence::Number { feature: id, value },
                Cell::Category(value) => Evidence::Category { feature: id, value: value.to_owned() },
                Cell::Missing | Cell::Withheld => Evidence::Missing { feature: id },
            }
        };
        features_of(account).into_iter().map(|id| (id, fact(id))).collect()
    }
}

/// The features that have a line, each once.
fn features_of(account: &Account) -> BTreeSet<FeatureId> {
    let of_line = |source: LineSource| match source {
        LineSource::Feature(_, feature) => [Some(feature), None],
        LineSource::Pair(_, one, other) => [Some(one), Some(other)],
        LineSource::Intercept(_)
        | LineSource::WithheldOffset(_)
        | LineSource::Saturation(_)
        | LineSource::Bid
        | LineSource::PerMille
        | LineSource::CurrencyRate => [None, None],
    };
    account.lines.iter().flat_map(|line| of_line(line.source)).flatten().collect()
}

fn stated(stated: &Stated, id: FeatureId) -> Cell<'_> {
    match stated.get(&id) {
        Some(StatedValue::Number(number)) => Cell::Number(*number),
        Some(StatedValue::Category(name)) => Cell::Category(name),
        None => Cell::Missing,
    }
}
