//! From a candidate to the lines of a model: read what is permitted, attribute, add up.

use std::collections::BTreeSet;

use super::request::{Stated, StatedValue};
use super::{Engine, Request};
use crate::consent::Verdicts;
use crate::data::{History, Past, PastReader};
use crate::domain::{
    Account, AccountWriter, Ad, Cell, Evidence, FeatureId, Inputs, LineSource, Nats, Origin, Outcome,
    Profile, Response, Timestamp, Verdict,
};
use crate::model::{Compiled, Shared, Term};
use crate::train::ActiveModel;

/// Scores the candidates of one request; its buffers serve all of them.
pub(super) struct Scorer<'r> {
    engine: &'r Engine,
    facts: &'r Facts<'r>,
    /// What may be read for an ordinary ad; for a sensitive one nothing personal may.
    verdicts: &'r Verdicts,
    past: Option<PastReader<'r>>,
    /// What was read so far.
    inputs: Inputs<'r>,
    /// What the ads of each model and sensitivity share.
    begun: [Option<Begun<'r>>; 4],
    /// Cells of one ad: those that were read, and those that the model at hand looks at.
    cells: Vec<Cell<'r>>,
    picked: Vec<Cell<'r>>,
}

/// The part of an account that all ads of one model and sensitivity share.
struct Begun<'r> {
    compiled: &'r Compiled,
    profile: Profile,
    /// Of each line of the model: intercept, terms, the offset if there is one.
    sources: Vec<LineSource>,
    offset: Option<Nats>,
    shared: Shared<'r>,
    /// Where the features that vary are among those that were read.
    places: Vec<usize>,
}

impl<'r> Scorer<'r> {
    /// A scorer that reads, of the features of `reads`, what `verdicts` permit.
    pub(super) fn new(
        engine: &'r Engine,
        facts: &'r Facts<'r>,
        verdicts: &'r Verdicts,
        reads: &[FeatureId],
    ) -> Self {
        let differs = |id: &FeatureId| engine.schema.features[id.index()].differs_between_ads();
        let (varying, shared): (Vec<FeatureId>, _) = reads.iter().copied().partition(differs);
        let is_own = |id: &FeatureId| engine.schema.features[id.index()].origin == Origin::Ad;
        let own = varying.iter().copied().filter(is_own).collect();
        Self {
            engine,
            facts,
            verdicts,
            past: facts.past.as_ref().map(Past::reader),
            inputs: Inputs { shared, varying, own, ..Inputs::default() },
            begun: [const { None }; 4],
            cells: Vec::new(),
            picked: Vec::new(),
        }
    }

    /// Reads the next ad, which is then scored.
    pub(super) fn read(&mut self, ad: &'r Ad) {
        let sensitive = ad.label.sensitive;
        if self.inputs.rows[usize::from(sensitive)].is_empty() {
            self.read_shared(sensitive);
        }
        let verdicts = self.verdicts_for(sensitive);
        let Self { engine, facts, past, inputs, cells, .. } = self;
        if let Some(past) = past {
            past.next_ad();
        }
        let read = engine.gate.admit_some(verdicts, &inputs.varying, cells, |feature| {
            match (engine.place_of_affinity[feature.index()], &mut *past) {
                (Some(affinity), Some(past)) => past.cell(ad, affinity),
                (Some(_), None) => Cell::Missing,
                (None, _) => facts.stated(engine, Some(ad), feature),
            }
        });
        inputs.cells.extend_from_slice(&read);
        inputs.sensitive.push(sensitive);
    }

    /// Appends the lines of a model for the ad that was read last; returns their sum, the score, and the
    /// profile that gave it.
    pub(super) fn score(&mut self, account: &mut AccountWriter, model: &'r ActiveModel) -> (Nats, Profile) {
        let response = model.artefact.response;
        let sensitive = self.inputs.sensitive.last().is_some_and(|sensitive| *sensitive);
        let place = usize::from(response == Response::Click) * 2 + usize::from(sensitive);
        if self.begun[place].is_none() {
            self.begun[place] = Some(self.begin(model, sensitive));
        }
        let Self { inputs, begun, picked, .. } = self;
        let Some(Begun { compiled, profile, sources, offset, shared, places }) = &mut begun[place] else {
            return (Nats::ZERO, Profile::Contextual);
        };
        let read = &inputs.cells[inputs.cells.len() - inputs.varying.len()..];
        picked.clear();
        picked.extend(places.iter().map(|place| read[*place]));
        let contributions = compiled.attribute(shared, picked);

        let intercept = std::iter::once(compiled.intercept());
        let values = intercept.chain(contributions.iter().copied()).chain(*offset);
        let score = values.clone().sum();
        account.extend(sources, values);
        (score, *profile)
    }

    /// What was read of all ads.
    pub(super) fn into_inputs(self) -> Inputs<'r> {
        self.inputs
    }

    fn verdicts_for(&self, sensitive: bool) -> &'r Verdicts {
        if sensitive { &self.engine.context_only } else { self.verdicts }
    }

    /// Reads what does not depend on the ad.
    fn read_shared(&mut self, sensitive: bool) {
        let verdicts = self.verdicts_for(sensitive);
        let Self { engine, facts, past, inputs, cells, .. } = self;
        let read = engine.gate.admit_some(verdicts, &inputs.shared, cells, |feature| {
            match (engine.place_of_affinity[feature.index()], &mut *past) {
                (Some(affinity), Some(past)) => past.cell_of_any_ad(affinity),
                (Some(_), None) => Cell::Missing,
                (None, _) => facts.stated(engine, None, feature),
            }
        });
        inputs.rows[usize::from(sensitive)].extend_from_slice(&read);
    }

    /// Looks up what does not depend on the ad. What is permitted does not depend on it either, so one
    /// profile serves all ads of a sensitivity.
    fn begin(&self, model: &'r ActiveModel, sensitive: bool) -> Begun<'r> {
        let inputs = &self.inputs;
        let unread = |verdict: &Verdict| match verdict.outcome() {
            Outcome::Permitted => Cell::Missing,
            Outcome::Withheld => Cell::Withheld,
        };
        let mut row: Vec<Cell<'r>> = self.verdicts_for(sensitive).as_slice().iter().map(unread).collect();
        for (feature, cell) in inputs.shared.iter().zip(&inputs.rows[usize::from(sensitive)]) {
            row[feature.index()] = *cell;
        }
        let (profile, offset) = model.artefact.profiled.choose(&row);
        let offset = (offset != Nats::ZERO).then_some(offset);
        let compiled = model.compiled(profile);
        let place = |feature: &FeatureId| inputs.varying.iter().position(|read| read == feature);
        Begun {
            compiled,
            profile,
            sources: sources(compiled.terms(), model.artefact.response, offset.is_some()),
            offset,
            shared: compiled.share(&row),
            places: compiled.varying().iter().filter_map(place).collect(),
        }
    }
}

/// Where the lines of a model come from, in the order in which they are written.
pub(super) fn sources(terms: &[Term], response: Response, has_offset: bool) -> Vec<LineSource> {
    let terms = terms.iter().map(|term| match *term {
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
