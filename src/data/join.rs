//! The point-in-time join: impressions with their ads and with what came before them.

use std::sync::Arc;

use rayon::prelude::*;

use crate::domain::{Ad, Affinity, Cell, Feature, FeatureId, FeatureKind, FieldError, Origin, Response};

use super::error::DataError;
use super::history::History;
use super::impressions::Impressions;
use super::past::Past;
use super::schema::Schema;
use super::table::{Column, Dataset, TableBuilder};

/// Whether the cell of a row (by index) and a feature may be read. What may not is withheld, and is
/// not computed.
pub type Permits<'a> = dyn Fn(usize, FeatureId) -> bool + Sync + 'a;

/// The rows as a table with a column for each feature of the schema, and their outcome.
///
/// Affinities are of events strictly before the row's moment. Features of the person and of history
/// are withheld for sensitive ads. The result does not depend on the number of threads.
///
/// # Errors
/// When the data do not say whether there was a `response`.
pub(super) fn join(
    impressions: &Impressions,
    schema: &Schema,
    history: &History,
    response: Response,
    permits: &Permits<'_>,
) -> Result<Dataset, DataError> {
    let outcome = impressions.outcome(response).ok_or_else(|| {
        let rule = format!("the schema {} has no outcome of that response", schema.name);
        DataError::Unfit(FieldError::new(response.name(), rule))
    })?;
    let mut affinities = affinity_columns(impressions, schema, history, permits).into_iter();
    let mut table = TableBuilder::default();
    for (id, feature) in schema.features() {
        table.push(match feature.kind {
            FeatureKind::Affinity(_) => Column::numeric(affinities.next().unwrap_or_default()),
            FeatureKind::Numeric | FeatureKind::Categorical | FeatureKind::Flag => {
                stated_column(impressions, id, feature, permits)
            }
        });
    }
    let uneven = || DataError::Unfit(FieldError::new("table", "columns differ in their number of rows"));
    Ok(Dataset {
        table: table.finish().ok_or_else(uneven)?,
        outcome: outcome.to_vec(),
        person: impressions.person.clone(),
        group: impressions.group.clone(),
        at: impressions.at.clone(),
        weight: impressions.weight.clone(),
    })
}

/// A column that the impressions or the ads state.
fn stated_column(
    impressions: &Impressions,
    id: FeatureId,
    feature: &Feature,
    permits: &Permits<'_>,
) -> Column {
    let withheld = |row: usize| {
        !permits(row, id) || (is_personal(feature.origin) && shows_sensitive_ad(impressions, row))
    };
    if let (Some(whole), Origin::Context | Origin::Subject) = (impressions.whole(id), feature.origin) {
        let count = (0..impressions.rows()).into_par_iter().filter(|&row| withheld(row)).count();
        if count == 0 {
            return whole.clone();
        }
        if count == impressions.rows() {
            return whole.withhold();
        }
    }
    let cell = |row| {
        if withheld(row) {
            return Cell::Withheld;
        }
        match (feature.origin, impressions.ad(row)) {
            (Origin::Ad, Some(ad)) => ad_cell(ad, id),
            (Origin::Ad | Origin::Subject | Origin::History | Origin::Context, _) => {
                impressions.stated(row, id)
            }
        }
    };
    let cells = (0..impressions.rows()).map(cell);
    match feature.kind {
        FeatureKind::Categorical => Column::categorical(cells),
        FeatureKind::Numeric | FeatureKind::Flag | FeatureKind::Affinity(_) => Column::numeric(cells),
    }
}

fn ad_cell(ad: &Arc<Ad>, id: FeatureId) -> Cell<'_> {
    let value = ad.features.iter().find(|(there, _)| *there == id);
    value.map_or(Cell::Missing, |(_, value)| value.cell())
}

fn is_personal(origin: Origin) -> bool {
    match origin {
        Origin::Subject | Origin::History => true,
        Origin::Context | Origin::Ad => false,
    }
}

fn shows_sensitive_ad(impressions: &Impressions, row: usize) -> bool {
    impressions.ad(row).is_some_and(|ad| ad.label.sensitive)
}

/// The cells of the affinity features, by feature, then row.
///
/// Rows of one person and moment share one [`super::Past`]; these runs are spread over the threads.
fn affinity_columns(
    impressions: &Impressions,
    schema: &Schema,
    history: &History,
    permits: &Permits<'_>,
) -> Vec<Vec<Cell<'static>>> {
    let (ids, affinities): (Vec<FeatureId>, Vec<Affinity>) = schema.affinities().unzip();
    let mut columns = vec![vec![Cell::Missing; impressions.rows()]; ids.len()];
    if ids.is_empty() {
        return columns;
    }
    let moment = |row: &usize| (impressions.person[*row], impressions.at[*row]);
    let mut rows = (0..impressions.rows()).collect::<Vec<_>>();
    rows.sort_by_key(moment);
    let runs = rows.chunk_by(|a, b| moment(a) == moment(b)).collect::<Vec<_>>();
    let cells_of_runs = runs
        .par_iter()
        .map(|run| {
            let first = run[0];
            let mut cells = Vec::with_capacity(run.len() * ids.len());
            let past = impressions
                .subject(first)
                .map(|subject| history.before(subject, impressions.at[first], &affinities));
            let mut reader = past.as_ref().map(Past::reader);
            for &row in *run {
                let sensitive = shows_sensitive_ad(impressions, row);
                match (&mut reader, impressions.ad(row)) {
                    (Some(reader), Some(ad)) => {
                        reader.cells(ad, |i| !sensitive && permits(row, ids[i]), &mut cells);
                    }
                    _ => cells.extend(ids.iter().map(|_| Cell::Missing)),
                }
            }
            cells
        })
        .collect::<Vec<_>>();
    for (run, cells) in runs.iter().zip(&cells_of_runs) {
        for (&row, cells) in run.iter().zip(cells.chunks_exact(ids.len())) {
            for (column, cell) in columns.iter_mut().zip(cells) {
                column[row] = *cell;
            }
        }
    }
    columns
}

#[cfg(test)]
mod tests;
