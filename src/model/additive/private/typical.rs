//! Rows that nobody had: what a private model knows of its rows, made into a table.
//!
//! Importances are means over rows. Of a private model they may not be means over the training rows, so
//! they are over rows drawn from its noisy counts, one feature independently of the other. That is
//! post-processing and costs no privacy; what is lost is how features go together, of which importances
//! know nothing.

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use crate::data::{Column, Table, TableBuilder};
use crate::domain::{Cell, FeatureId};
use crate::model::additive::{AdditiveModel, ShapeFunction};
use crate::model::bin::Bins;

/// Rows of the table.
const ROWS: usize = 4_096;
/// A name that no level has.
const OTHER: &str = "\u{0}";

/// Typical rows of `model`, of as many columns as its schema has features.
pub(super) fn typical_rows(model: &AdditiveModel, width: usize) -> Option<Table> {
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let mut builder = TableBuilder::default();
    for feature in (0..=u16::MAX).map(FeatureId).take(width) {
        builder.push(match model.shape(feature) {
            None => Column::numeric(vec![Cell::Missing; ROWS]),
            Some(shape) => {
                let mut cells = spread(shape);
                cells.shuffle(&mut rng);
                match shape.bins {
                    Bins::Cuts(_) => Column::numeric(cells),
                    Bins::Levels(_) => Column::categorical(cells),
                }
            }
        });
    }
    builder.finish()
}

/// Values of a feature, each bin as often as its share of the rows has it.
fn spread(shape: &ShapeFunction) -> Vec<Cell<'_>> {
    let all: u64 = shape.rows.iter().map(|&rows| u64::from(rows)).sum();
    let mut cells = Vec::with_capacity(ROWS);
    let mut below: u64 = 0;
    for (bin, &rows) in shape.rows.iter().enumerate() {
        below += u64::from(rows);
        let end = (below * ROWS as u64).checked_div(all).and_then(|end| usize::try_from(end).ok());
        cells.resize(end.unwrap_or(0), value_in(&shape.bins, bin));
    }
    cells.resize(ROWS, Cell::Missing);
    cells
}

/// A value of a bin.
fn value_in(bins: &Bins, bin: usize) -> Cell<'_> {
    match (bins, bin) {
        (_, Bins::MISSING) => Cell::Missing,
        (_, Bins::UNSEEN) => Cell::Category(OTHER),
        // A bin begins with its lower cut; the first one lies below all cuts.
        (Bins::Cuts(cuts), Bins::FIRST) => {
            Cell::Number(cuts.first().map_or(0.0, |cut| cut - cut.abs() - 1.0))
        }
        (Bins::Cuts(cuts), _) => Cell::Number(cuts[bin - Bins::FIRST - 1]),
        (Bins::Levels(names), _) => Cell::Category(&names[bin - Bins::FIRST]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Nats;

    fn shape(feature: u16, bins: Bins, rows: Vec<u32>) -> ShapeFunction {
        let zeros = vec![Nats::ZERO; rows.len()];
        let feature = FeatureId(feature);
        ShapeFunction { feature, bins, scores: zeros.clone(), bands: zeros, people: rows.clone(), rows }
    }

    #[test]
    fn typical_rows_fall_into_each_bin_as_often_as_the_counts_say() {
        let levels = Bins::Levels(vec!["a".to_owned(), "b".to_owned()]);
        let shapes = vec![
            shape(0, Bins::Cuts(vec![-2.0, 5.0]), vec![100, 0, 300, 400, 200]),
            shape(2, levels, vec![0, 500, 250, 250]),
            shape(3, Bins::Cuts(Vec::new()), vec![0, 0, 0]),
        ];
        let model = AdditiveModel::new(Nats::ZERO, shapes, Vec::new()).unwrap();
        let table = typical_rows(&model, 5).unwrap();
        assert_eq!((table.rows(), table.width()), (ROWS, 5));
        for shape in model.shapes() {
            let column = table.column(shape.feature);
            let all: u32 = shape.rows.iter().sum();
            for (bin, &rows) in shape.rows.iter().enumerate().filter(|_| all > 0) {
                let there = (0..ROWS).filter(|&row| shape.bins.encode(column.cell(row)) == Some(bin)).count();
                let expected = f64::from(rows) / f64::from(all) * ROWS as f64;
                assert!((there as f64 - expected).abs() <= 1.0, "bin {bin}: {there} for {expected}");
            }
        }
    }
}
