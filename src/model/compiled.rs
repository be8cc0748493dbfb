//! A model made ready to serve: of each candidate only what its ad changes is looked up.
//!
//! The integers are those of [`Model::attribute`], term by term.

pub use super::packed::Code;
use super::packed::Packed;
use super::{Model, Term};
use crate::domain::{Cell, FeatureId, Nats};

/// A model made ready to serve.
#[derive(Clone, Debug)]
pub struct Compiled {
    intercept: Nats,
    terms: Vec<Term>,
    /// The features that differ between the candidates of a request.
    varying: Vec<FeatureId>,
    form: Form,
}

#[derive(Clone, Debug)]
enum Form {
    Tables(Packed),
    /// A model whose terms are no tables of bins gives its account row by row.
    Rows(Model),
}

/// The part of an account that all candidates of a request share, with the buffers in which each
/// candidate's own part is put beside it.
#[derive(Clone, Debug)]
pub struct Shared<'r> {
    contributions: Vec<Nats>,
    /// Where in its table each pair begins of which one side is shared.
    starts: Vec<u32>,
    codes: Vec<Code>,
    /// The shared cells in schema order, of a model without tables.
    row: Vec<Cell<'r>>,
}

impl Compiled {
    /// Makes `model` ready for requests between whose candidates only the features differ of which
    /// `varies` holds.
    #[must_use]
    pub fn new(model: &Model, varies: impl Fn(FeatureId) -> bool) -> Self {
        let (varying, form) = match Packed::of(model, &varies) {
            Some(packed) => (packed.varying().collect(), Form::Tables(packed)),
            None => {
                (model.features().into_iter().filter(|f| varies(*f)).collect(), Form::Rows(model.clone()))
            }
        };
        Self { intercept: model.intercept(), terms: model.terms().to_vec(), varying, form }
    }

    /// The terms, in the order of contributions.
    #[must_use]
    pub fn terms(&self) -> &[Term] {
        &self.terms
    }

    /// The score of an average row.
    #[must_use]
    pub const fn intercept(&self) -> Nats {
        self.intercept
    }

    /// The features that differ between candidates, in the order in which their cells are given.
    #[must_use]
    pub fn varying(&self) -> &[FeatureId] {
        &self.varying
    }

    /// Looks up what all candidates of a request share. `row` has one cell per feature of the schema;
    /// those of the features that vary are not looked at.
    #[must_use]
    pub fn share<'r>(&self, row: &[Cell<'r>]) -> Shared<'r> {
        let mut shared = Shared {
            contributions: vec![Nats::ZERO; self.terms.len()],
            starts: Vec::new(),
            codes: vec![0; self.varying.len()],
            row: Vec::new(),
        };
        match &self.form {
            Form::Tables(packed) => packed.open(row, &mut shared.contributions, &mut shared.starts),
            Form::Rows(_) => shared.row.extend_from_slice(row),
        }
        shared
    }

    /// The contribution of each term for one candidate, whose `cells` are those of
    /// [`Compiled::varying`].
    pub fn attribute<'s, 'r>(&self, shared: &'s mut Shared<'r>, cells: &[Cell<'r>]) -> &'s [Nats] {
        match &self.form {
            Form::Tables(packed) => {
                packed.encode(cells, &mut shared.codes);
                packed.attribute(&shared.starts, &shared.codes, &mut shared.contributions);
            }
            Form::Rows(model) => {
                for (feature, cell) in self.varying.iter().zip(cells) {
                    shared.row[feature.index()] = *cell;
                }
                model.attribute(&shared.row, &mut shared.contributions);
            }
        }
        &shared.contributions
    }

    /// The codes of one candidate's cells, for [`Compiled::attribute_encoded`]; None of a model
    /// without tables.
    #[must_use]
    pub fn encode(&self, cells: &[Cell<'_>]) -> Option<Vec<Code>> {
        let Form::Tables(packed) = &self.form else { return None };
        let mut codes = vec![0; cells.len()];
        packed.encode(cells, &mut codes);
        Some(codes)
    }

    /// The contribution of each term for one candidate whose cells were encoded before, by this very
    /// model; of a model without tables, which encodes nothing, only what is shared.
    pub fn attribute_encoded<'s>(&self, shared: &'s mut Shared<'_>, codes: &[Code]) -> &'s [Nats] {
        if let Form::Tables(packed) = &self.form {
            packed.attribute(&shared.starts, codes, &mut shared.contributions);
        }
        &shared.contributions
    }
}

#[cfg(test)]
mod tests;
