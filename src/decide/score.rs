//! From a candidate to the lines of a model: read what is permitted, attribute, add up.

use std::collections::BTreeSet;

use super::request::{Stated, StatedValue};
use super::{Engine, Request};
use crate::consent::Verdicts;
use crate::data::{History, Past, PastReader};
use crate::domain::{
    Account, AccountWriter, Ad, Cell, Evidence, FeatureId, LineSource, Nats, Origin, Profile, Response,
    Timestamp,
};
use crate::model::{Compiled, Shared, Term};
use crate::train::ActiveModel;

/// Scores the candidates of one request; its buffers serve all of them.
pub(super) struct Scorer<'r> {
    /// The account of the ad at hand.
    pub(super) account: AccountWriter,
    engine: &'r Engine,
    facts: &'r Facts<'r>,
    /// What may be read for an ordinary ad; for a sensitive one nothing personal may.
    verdicts: &'r Verdicts,
    past: Option<PastReader<'r>>,
    /// What the ads of each model and sensitivity share.
    begun: [Option<Begun<'r>>; 4],
    cells: Vec<Cell<'r>>,
}

/// The part of an account that all ads of one model and sensitivity share.
struct Begun<'r> {
    compiled: &'r Compiled,
    profile: Profile,
    /// Of each line of the model: intercept, terms, the offset if there is one.
    sources: Vec<LineSource>,
    offset: Option<Nats>,
    shared: Shared<'r>,
}

impl<'r> Scorer<'r> {
    /// A scorer that reads what `verdicts` permit.
    pub(super) fn new(engine: &'r Engine, facts: &'r Facts<'r>, verdicts: &'r Verdicts) -> Self {
        let past = facts.past.as_ref().map(Past::reader);
        let account = AccountWriter::default();
        Self { account, engine, facts, verdicts, past, begun: [const { None }; 4], cells: Vec::new() }
    }

    /// Appends the lines of a model for one ad; returns their sum, the score, and the profile that
    /// gave it.
    pub(super) fn score(&mut self, model: &'r ActiveModel, ad: &'r Ad) -> (Nats, Profile) {
        let response = model.artefact.response;
        let verdicts = if ad.label.sensitive { &self.engine.context_only } else { self.verdicts };
        let place = usize::from(response == Response::Click) * 2 + usize::from(ad.label.sensitive);
        if self.begun[place].is_none() {
            self.begun[place] = Some(self.begin(model, verdicts));
        }
        let Self { account, engine, facts, past, begun, cells, .. } = self;
        let Some(Begun { compiled, profile, sources, offset, shared }) = &mut begun[place] else {
            return (Nats::ZERO, Profile::Contextual);
        };
        if let Some(past) = past {
            past.next_ad();
        }
        let cells = engine.gate.admit_some(verdicts, compiled.varying(), cells, |feature| {
            match (engine.place_of_affinity[feature.index()], &mut *past) {
                (Some(affinity), Some(past)) => past.cell(ad, affinity),
                (Some(_), None) => Cell::Missing,
                (None, _) => facts.stated(engine, Some(ad), feature),
            }
        });
        let contributions = compiled.attribute(shared, &cells);

        let intercept = std::iter::once(compiled.intercept());
        let values = intercept.chain(contributions.iter().copied()).chain(*offset);
        let score = values.clone().sum();
        account.extend(sources, values);
        (score, *profile)
    }

    /// Reads and looks up what does not depend on the ad. What is permitted does not depend on it
    /// either, so one profile serves all ads of a sensitivity.
    fn begin(&mut self, model: &'r ActiveModel, verdicts: &Verdicts) -> Begun<'r> {
        let Self { engine, facts, past, cells, .. } = self;
        let row = engine.gate.admit(verdicts, cells, |feature| {
            if engine.schema.features[feature.index()].differs_between_ads() {
                return Cell::Missing;
            }
            match (engine.place_of_affinity[feature.index()], &mut *past) {
                (Some(affinity), Some(past)) => past.cell_of_any_ad(affinity),
                (Some(_), None) => Cell::Missing,
                (None, _) => facts.stated(engine, None, feature),
            }
        });
        let (profile, offset) = model.artefact.profiled.choose(&row);
        let offset = (offset != Nats::ZERO).then_some(offset);
        let compiled = model.compiled(profile);
        let sources = sources(compiled, model.artefact.response, offset.is_some());
        Begun { compiled, profile, sources, offset, shared: compiled.share(&row) }
    }
}

/// Where the lines of a model come from, in the order in which they are written.
fn sources(compiled: &Compiled, response: Response, has_offset: bool) -> Vec<LineSource> {
    let terms = compiled.terms().iter().map(|term| match *term {
        Term::Feature(feature) => LineSource::Feature(response, feature),
        Term::Pair(one, other) => LineSource::Pair(response, one, other),
    });
    let offset = has_offset.then_some(LineSource::WithheldOffset(response));
    std::iter::once(LineSource::Intercept(response)).chain(terms).chain(offset).collect()
}

/// What is known for one request, before the gate.
pub(super) struct Facts<'r> {
    request: &'r Request,
    /// What the person did before the impression; None without a person, or when none of it is
    /// permitted.
    past: Option<Past<'r>>,
}

impl<'r> Facts<'r> {
    /// The facts of a request at the moment `at`.
    pub(super) fn new(
        engine: &Engine,
        request: &'r Request,
        history: &'r History,
        at: Timestamp,
        verdicts: &Verdicts,
    ) -> Self {
        let permitted = engine.affinity_features.iter().any(|feature| verdicts.permits(*feature));
        let subject = request.subject.as_ref().filter(|_| permitted);
        let past = subject.map(|subject| history.before(&subject.key, at, &engine.affinities));
        Self { request, past }
    }

    /// A feature that the request or the catalogue states.
    fn stated(&self, engine: &Engine, ad: Option<&'r Ad>, feature: FeatureId) -> Cell<'r> {
        match engine.schema.features[feature.index()].origin {
            Origin::Context => stated(&self.request.context, feature),
            Origin::Subject => self
                .request
                .subject
                .as_ref()
                .map_or(Cell::Missing, |subject| stated(&subject.features, feature)),
            Origin::Ad => ad.map_or(Cell::Missing, |ad| {
                let own = ad.features.binary_search_by_key(&feature, |(id, _)| *id);
                own.map_or(Cell::Missing, |at| ad.features[at].1.cell())
            }),
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
        let verdicts = if ad.label.sensitive { &engine.context_only } else { verdicts };
        let fact = |id: FeatureId| {
            if !verdicts.permits(id) {
                return Evidence::Withheld { feature: id, cause: verdicts.of(id).cause };
            }
            let affinity = engine.place_of_affinity[id.index()].map(|place| engine.affinities[place]);
            if let (Some(affinity), Some(past)) = (affinity, &self.past) {
                return past.evidence(ad, affinity, &engine.schema, &engine.symbols);
            }
            match self.stated(engine, Some(ad), id) {
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
    account.sources().iter().flat_map(|source| of_line(*source)).flatten().collect()
}

fn stated(stated: &Stated, id: FeatureId) -> Cell<'_> {
    match stated.get(&id) {
        Some(StatedValue::Number(number)) => Cell::Number(*number),
        Some(StatedValue::Category(name)) => Cell::Category(name),
        None => Cell::Missing,
    }
}
