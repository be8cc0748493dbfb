//! The accounts of many rows: each column is looked up once, from then on rows are read by codes.

use rayon::prelude::*;

use super::Model;
use super::packed::{Code, Looked, Packed};
use crate::data::Table;
use crate::domain::{Cell, FeatureId, Nats};

/// A model over the rows of a table.
pub(super) struct Batch<'m> {
    model: &'m Model,
    table: &'m Table,
    /// Features whose cells count as withheld, whatever the table holds.
    withheld: &'m [FeatureId],
    /// The codes of each feature of the model, unless it has no tables.
    packed: Option<(Packed, Vec<Looked<'m>>)>,
}

/// The buffers of one thread.
pub(super) struct Buffers<'t> {
    cells: Vec<Cell<'t>>,
    codes: Vec<Code>,
    contributions: Vec<Nats>,
}

impl<'m> Batch<'m> {
    /// Looks up the columns of `table` that `model` uses.
    pub(super) fn new(model: &'m Model, table: &'m Table, withheld: &'m [FeatureId]) -> Self {
        let packed = Packed::of(model, |_| true).map(|packed| {
            let features: Vec<(usize, FeatureId)> = packed.varying().enumerate().collect();
            let encode = |&(place, feature): &(usize, FeatureId)| {
                if withheld.contains(&feature) {
                    Looked::Withheld
                } else {
                    packed.encode_column(place, table.column(feature))
                }
            };
            let codes = features.par_iter().map(encode).collect();
            (packed, codes)
        });
        Self { model, table, withheld, packed }
    }

    /// Buffers for [`Batch::attribute`].
    pub(super) fn buffers(&self) -> Buffers<'m> {
        Buffers {
            cells: Vec::with_capacity(self.table.width()),
            codes: Vec::new(),
            contributions: vec![Nats::ZERO; self.model.terms().len()],
        }
    }

    /// The contribution of each term for one row.
    pub(super) fn attribute<'b>(&self, row: usize, buffers: &'b mut Buffers<'m>) -> &'b [Nats] {
        let Buffers { cells, codes, contributions } = buffers;
        if let Some((packed, columns)) = &self.packed {
            codes.clear();
            codes.extend(columns.iter().map(|column| column.at(row)));
            packed.attribute(&[], codes, contributions);
        } else {
            self.table.read_row(row, cells);
            for feature in self.withheld {
                cells[feature.index()] = Cell::Withheld;
            }
            self.model.attribute(cells, contributions);
        }
        contributions
    }

    /// The score of one row: the intercept and its contributions, summed.
    pub(super) fn score(&self, row: usize, buffers: &mut Buffers<'m>) -> Nats {
        self.model.intercept() + self.attribute(row, buffers).iter().copied().sum()
    }
}
