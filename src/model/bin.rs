//! From values to bins: quantile cuts of numbers, levels of categories.
//!
//! No bin is learned from fewer than a floor of distinct people: numbers merge with their
//! neighbours, a category that fewer people had is not even named.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::data::{self, Coded, Column, between};
use crate::domain::{Cell, FieldError};

/// How the values of one feature become bins.
///
/// Bin 0 is for missing cells, bin 1 for unseen values: categories that the model does not name
/// because fewer people than the floor, perhaps none, had them (and values of the wrong type). The
/// others follow. A withheld cell has no bin.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Bins {
    /// Numbers, by ascending cuts; a number equal to a cut is above it.
    Cuts(Vec<f64>),
    /// Categories, by ascending name; each has a bin.
    Levels(Vec<String>),
}

impl Bins {
    /// The bin of missing cells.
    pub const MISSING: usize = 0;
    /// The bin of values that the model does not know.
    pub const UNSEEN: usize = 1;
    /// The first bin of known values.
    pub const FIRST: usize = 2;
    /// Most named categories; further ones count as unseen.
    const LEVELS_MAX: usize = 250_000;

    /// Number of bins, those of missing and unseen included.
    #[must_use]
    pub const fn count(&self) -> usize {
        match self {
            Self::Cuts(cuts) => Self::FIRST + cuts.len() + 1,
            Self::Levels(names) => Self::FIRST + names.len(),
        }
    }

    /// The bin of `cell`; None when it is withheld.
    #[must_use]
    pub fn encode(&self, cell: Cell<'_>) -> Option<usize> {
        match (self, cell) {
            (_, Cell::Withheld) => None,
            (_, Cell::Missing) => Some(Self::MISSING),
            (Self::Cuts(_), Cell::Number(number)) if number.is_nan() => Some(Self::MISSING),
            (Self::Cuts(cuts), Cell::Number(number)) => {
                Some(Self::FIRST + cuts.partition_point(|&cut| cut <= number))
            }
            (Self::Levels(names), Cell::Category(name)) => Some(
                names
                    .binary_search_by(|level| level.as_str().cmp(name))
                    .map_or(Self::UNSEEN, |level| Self::FIRST + level),
            ),
            (Self::Cuts(_), Cell::Category(_)) | (Self::Levels(_), Cell::Number(_)) => Some(Self::UNSEEN),
        }
    }

    /// Checks what [`Bins::encode`] relies on.
    pub(super) fn check(&self) -> Result<(), FieldError> {
        match self {
            Self::Cuts(cuts) if cuts.iter().any(|cut| !cut.is_finite()) => {
                Err(FieldError::new("cuts", "must be finite"))
            }
            Self::Cuts(cuts) if !cuts.is_sorted_by(|a, b| a < b) => {
                Err(FieldError::new("cuts", "must be distinct and ascending"))
            }
            Self::Levels(names) if !names.is_sorted_by(|a, b| a < b) => {
                Err(FieldError::new("levels", "must be distinct and ascending"))
            }
            Self::Cuts(cuts) if cuts.len() > Self::LEVELS_MAX => {
                Err(FieldError::new("cuts", format!("must be at most {}", Self::LEVELS_MAX)))
            }
            Self::Levels(names) if names.len() > Self::LEVELS_MAX => {
                Err(FieldError::new("levels", format!("must be at most {}", Self::LEVELS_MAX)))
            }
            Self::Cuts(_) | Self::Levels(_) => Ok(()),
        }
    }

    /// Learns the bins of `column`: at most `bins_max` by cuts, none of fewer than `people_min`
    /// people. `person` has one entry per row.
    pub(super) fn learn(column: &Column, person: &[u32], bins_max: usize, people_min: u32) -> Self {
        match column.coded() {
            Some(Coded { codes, cuts: Some(between), .. }) => {
                Self::Cuts(cut_coded(codes, between, person, bins_max, people_min))
            }
            Some(Coded { codes, cells, .. }) => Self::Levels(name_levels(codes, &cells, person, people_min)),
            None => Self::Cuts(cut(&column.numbers().unwrap_or_default(), person, bins_max, people_min)),
        }
    }
}

/// Cuts between quantiles of `numbers`; NaN is left out.
fn cut(numbers: &[f64], person: &[u32], bins_max: usize, people_min: u32) -> Vec<f64> {
    let mut values: Vec<(f64, u32)> =
        numbers.iter().zip(person).filter(|(x, _)| !x.is_nan()).map(|(&x, &p)| (x, p)).collect();
    values.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    let mut people = DistinctPeople::among(person);
    let mut cuts = Vec::new();
    let mut start = 0;
    for (i, pair) in values.windows(2).enumerate() {
        people.add(pair[0].1);
        let (below, above) = (pair[0].0, pair[1].0);
        let bins_left = bins_max - cuts.len();
        let enough = (i + 1 - start) * bins_left >= values.len() - start && people.count() >= people_min;
        if below < above && enough && bins_left > 1 {
            cuts.push(between(below, above));
            people.clear();
            start = i + 1;
        }
    }
    if let Some(last) = values.last() {
        people.add(last.1);
    }
    if people.count() < people_min {
        cuts.pop();
    }
    cuts
}

/// The same for a column of codes, of which `between` are the cuts between neighbours.
fn cut_coded(
    codes: &data::Codes,
    between: &[f64],
    person: &[u32],
    bins_max: usize,
    people_min: u32,
) -> Vec<f64> {
    let rows = count_rows(codes.iter(), between.len() + 1);
    let left = rows.iter().sum::<usize>();
    // With a row a person there is nobody to count twice.
    let alone = person.is_sorted_by(|a, b| a < b);
    let order = if alone { Vec::new() } else { order_rows(codes.iter(), &rows) };
    let mut people = DistinctPeople::among(if alone { &[] } else { person });
    let (mut cuts, mut start, mut end) = (Vec::new(), 0, 0);
    let (mut open, mut count) = (None, 0);
    for (code, &rows) in rows.iter().enumerate().filter(|(_, rows)| **rows > 0) {
        if let Some(cut) = open.take() {
            cuts.push(cut);
        }
        for &row in order.get(end..end + rows).unwrap_or_default() {
            people.add(person[row as usize]);
        }
        end += rows;
        count = if alone { end - start } else { people.count() as usize };
        let bins_left = bins_max - cuts.len();
        let enough = (end - start) * bins_left >= left - start && count >= people_min as usize;
        if let (Some(&cut), true) = (between.get(code), enough && bins_left > 1 && end < left) {
            open = Some(cut);
            people.clear();
            start = end;
            count = 0;
        }
    }
    if count < people_min as usize {
        cuts.pop();
    }
    cuts
}

/// How many rows have each of `kinds` codes.
fn count_rows(codes: impl Iterator<Item = usize>, kinds: usize) -> Vec<usize> {
    let mut rows = vec![0; kinds];
    for code in codes {
        if let Some(rows) = rows.get_mut(code) {
            *rows += 1;
        }
    }
    rows
}

/// The rows by their code, then by number; `rows` says how many have each.
#[allow(clippy::cast_possible_truncation, reason = "people, and so rows, are numbered by u32")]
fn order_rows(codes: impl Iterator<Item = usize>, rows: &[usize]) -> Vec<u32> {
    let mut next = Vec::with_capacity(rows.len());
    let mut end = 0;
    for rows in rows {
        next.push(end);
        end += rows;
    }
    let mut order = vec![0; end];
    for (row, code) in codes.enumerate() {
        if let Some(next) = next.get_mut(code) {
            order[*next] = row as u32;
            *next += 1;
        }
    }
    order
}

/// The names of the levels that at least `people_min` people had, in ascending order.
#[allow(clippy::cast_possible_truncation, reason = "levels are numbered by u32")]
fn name_levels(codes: &data::Codes, levels: &[Cell<'_>], person: &[u32], people_min: u32) -> Vec<String> {
    let people = count_people(codes.iter(), levels.len(), person);
    let mut common: Vec<(usize, usize)> =
        (0..).zip(people).map(|(code, people)| (people as usize, code)).collect();
    common.retain(|&(people, _)| people > 0 && people >= people_min as usize);
    common.sort_unstable_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
    common.truncate(Bins::LEVELS_MAX);
    let mut names: Vec<String> = common
        .iter()
        .filter_map(|&(_, code)| match levels[code] {
            Cell::Category(name) => Some(name.to_owned()),
            Cell::Number(_) | Cell::Missing | Cell::Withheld => None,
        })
        .collect();
    names.sort_unstable();
    names
}

/// Counts distinct people, cheap to clear.
struct DistinctPeople {
    last_seen: Vec<u32>,
    pass: u32,
    count: u32,
}

impl DistinctPeople {
    /// A counter for the people numbered in `person`.
    fn among(person: &[u32]) -> Self {
        let people = person.iter().max().map_or(0, |&max| max as usize + 1);
        Self { last_seen: vec![0; people], pass: 1, count: 0 }
    }

    fn add(&mut self, person: u32) {
        let seen = &mut self.last_seen[person as usize];
        self.count += u32::from(*seen != self.pass);
        *seen = self.pass;
    }

    const fn count(&self) -> u32 {
        self.count
    }

    fn clear(&mut self) {
        self.pass += 1;
        self.count = 0;
    }
}

/// Rows from which on the codes of a table are shared rather than written anew.
const ROWS_SHARED: usize = 1 << 20;

/// One small number for each row, in as few bytes as hold the largest.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Codes {
    /// Numbers to 255.
    Narrow(Vec<u8>),
    /// Larger ones.
    Wide(Vec<u32>),
    /// What each code of a table stands for: a look-up slower, and no byte a row more.
    Shared { codes: Arc<data::Codes>, of: Box<[u8; 256]> },
}

impl Codes {
    /// Keeps `codes`, none of which is above `largest`.
    #[allow(clippy::cast_possible_truncation, reason = "`largest` says that they fit")]
    fn new(codes: impl Iterator<Item = u32>, largest: usize) -> Self {
        if u8::try_from(largest).is_ok() {
            Self::Narrow(codes.map(|code| code as u8).collect())
        } else {
            Self::Wide(codes.collect())
        }
    }

    /// `of` each of the codes of a large table; None where sharing them saves nothing.
    #[allow(clippy::cast_possible_truncation, reason = "`largest` says that they fit")]
    fn shared(codes: &Arc<data::Codes>, of: &[u32], largest: usize) -> Option<Self> {
        let narrow = matches!(**codes, data::Codes::Byte(_)) && u8::try_from(largest).is_ok();
        (narrow && codes.rows() >= ROWS_SHARED).then(|| {
            let mut table = Box::new([Bins::MISSING as u8; 256]);
            table.iter_mut().zip(of).for_each(|(to, &of)| *to = of as u8);
            Self::Shared { codes: codes.clone(), of: table }
        })
    }

    /// How many rows there are.
    pub(super) fn rows(&self) -> usize {
        match self {
            Self::Narrow(codes) => codes.len(),
            Self::Wide(codes) => codes.len(),
            Self::Shared { codes, .. } => codes.rows(),
        }
    }

    /// Lets `take` change each of `to` by the code of its row; the rows are those from `start` on.
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "it must be compiled for the vectors of its caller")]
    pub(super) fn apply(&self, start: usize, to: &mut [u32], take: impl Fn(&mut u32, u32)) {
        match self {
            Self::Narrow(codes) => {
                to.iter_mut().zip(&codes[start..]).for_each(|(to, &code)| take(to, u32::from(code)));
            }
            Self::Wide(codes) => to.iter_mut().zip(&codes[start..]).for_each(|(to, &code)| take(to, code)),
            Self::Shared { codes, of } => {
                let data::Codes::Byte(codes) = &**codes else { return };
                let codes = to.iter_mut().zip(&codes[start..]);
                codes.for_each(|(to, &code)| take(to, u32::from(of[usize::from(code)])));
            }
        }
    }

    /// The code of every row.
    pub(super) fn iter(&self) -> impl Iterator<Item = usize> + Clone {
        (0..self.rows()).map(|row| self.at(row))
    }

    /// The code of one row.
    pub(super) fn at(&self, row: usize) -> usize {
        match self {
            Self::Narrow(codes) => usize::from(codes[row]),
            Self::Wide(codes) => codes[row] as usize,
            Self::Shared { codes, of } => of.get(codes.at(row)).map_or(Bins::MISSING, |&code| code.into()),
        }
    }
}

/// One feature of the training rows, in bins.
pub(super) struct Binned {
    pub(super) bins: Bins,
    /// The bin of each row; [`Bins::count`] where withheld.
    pub(super) codes: Codes,
    /// Distinct people per bin.
    pub(super) people: Vec<u32>,
    /// Rows per bin.
    pub(super) rows: Vec<u32>,
    /// Whether a bin may be learned: it has the floor of people. One that may not adds 0.
    pub(super) learned: Vec<bool>,
}

impl Binned {
    /// Puts the rows of `column` in `bins`.
    pub(super) fn encode(bins: Bins, column: &Column, person: &[u32], people_min: u32) -> Self {
        let count = bins.count();
        let codes = encode_column(&bins, column);
        let Tally { people, rows, learned } = Tally::of(codes.iter(), count, person, people_min);
        Self { bins, codes, people, rows, learned }
    }

    /// Whether at least two bins may differ.
    pub(super) fn tells_rows_apart(&self) -> bool {
        self.learned.iter().filter(|learned| **learned).count() > 1
    }
}

/// How many distinct people have each of `kinds` codes.
#[allow(clippy::cast_possible_truncation, reason = "people are numbered by u32")]
fn count_people(codes: impl Iterator<Item = usize> + Clone, kinds: usize, person: &[u32]) -> Vec<u32> {
    if person.is_sorted_by(|a, b| a < b) {
        return count_rows(codes, kinds).into_iter().map(|rows| rows as u32).collect();
    }
    let mut people = vec![0_u32; kinds];
    // Person after person, whoever was counted last in a code is told from the next.
    let mut last = vec![u32::MAX; kinds];
    let mut count = |code: usize, person: u32| {
        if let Some(last) = last.get_mut(code).filter(|last| **last != person) {
            *last = person;
            people[code] += 1;
        }
    };
    if person.is_sorted() {
        codes.zip(person).for_each(|(code, &person)| count(code, person));
        return people;
    }
    let codes: Vec<u32> = codes.map(|code| code.min(kinds) as u32).collect();
    let of_row = || person.iter().map(|&person| person as usize);
    let most = of_row().max().map_or(0, |last| last + 1);
    for row in order_rows(of_row(), &count_rows(of_row(), most)) {
        count(codes[row as usize] as usize, person[row as usize]);
    }
    people
}

/// What is told of each of some cells.
pub(super) struct Tally {
    pub(super) people: Vec<u32>,
    pub(super) rows: Vec<u32>,
    /// Whether the cell may be learned: it has the floor of people. Of one that may not, nothing is
    /// told.
    pub(super) learned: Vec<bool>,
}

impl Tally {
    /// Counts rows and distinct people by code; codes of `count` and above do not count.
    pub(super) fn of(
        codes: impl Iterator<Item = usize> + Clone,
        count: usize,
        person: &[u32],
        people_min: u32,
    ) -> Self {
        let rows = count_rows(codes.clone(), count);
        let mut people = count_people(codes, count, person);
        #[allow(clippy::cast_possible_truncation, reason = "people, and so rows, are numbered by u32")]
        let mut rows: Vec<u32> = rows.into_iter().map(|rows| rows as u32).collect();
        let learned: Vec<bool> = people.iter().map(|&people| people >= people_min).collect();
        for table in [&mut people, &mut rows] {
            let told = table.iter_mut().zip(&learned);
            told.filter(|(_, learned)| !**learned).for_each(|(entry, _)| *entry = 0);
        }
        Self { people, rows, learned }
    }
}

/// Bins joined to fewer, for pairs.
pub(super) struct Coarse {
    pub(super) bins: Bins,
    /// The joined bin of each bin.
    pub(super) of_fine: Vec<u32>,
}

impl Coarse {
    /// Joins intervals to at most `bins_max` of about equal rows; of categories those beyond the
    /// `levels_max` most frequent, and those of fewer than `level_rows_min` rows, count as unseen.
    pub(super) fn of(binned: &Binned, bins_max: usize, levels_max: usize, level_rows_min: f64) -> Self {
        let rows = &binned.rows[Bins::FIRST..];
        let bins = match &binned.bins {
            Bins::Cuts(cuts) => Bins::Cuts(join(cuts, rows, bins_max)),
            Bins::Levels(names) => {
                let frequent = |&level: &usize| f64::from(rows[level]) >= level_rows_min;
                let mut by_rows: Vec<usize> = (0..names.len()).filter(frequent).collect();
                by_rows.sort_by_key(|&level| (std::cmp::Reverse(rows[level]), level));
                by_rows.truncate(levels_max);
                by_rows.sort_unstable();
                Bins::Levels(by_rows.into_iter().map(|level| names[level].clone()).collect())
            }
        };
        Self::with(binned, bins)
    }

    /// The map from the bins of `binned` to `bins`, which are some of their cuts or levels.
    pub(super) fn with(binned: &Binned, bins: Bins) -> Self {
        let of = |bin: usize| match (&binned.bins, bin) {
            (_, Bins::MISSING | Bins::UNSEEN) => bin,
            (Bins::Levels(names), _) => {
                bins.encode(Cell::Category(&names[bin - Bins::FIRST])).unwrap_or(Bins::UNSEEN)
            }
            // A bin begins with its lower cut; the first one lies below all cuts.
            (Bins::Cuts(_), Bins::FIRST) => Bins::FIRST,
            (Bins::Cuts(cuts), _) => {
                bins.encode(Cell::Number(cuts[bin - Bins::FIRST - 1])).unwrap_or(Bins::UNSEEN)
            }
        };
        #[allow(clippy::cast_possible_truncation, reason = "bins are bounded by Bins::check")]
        let of_fine = (0..binned.bins.count()).map(|bin| of(bin) as u32).collect();
        Self { bins, of_fine }
    }
}

/// Those of `cuts` that part the rows into at most `bins_max` runs of about equal size.
fn join(cuts: &[f64], rows: &[u32], bins_max: usize) -> Vec<f64> {
    let total: u64 = rows.iter().map(|&rows| u64::from(rows)).sum();
    let (mut kept, mut below, mut since) = (Vec::new(), 0_u64, 0_u64);
    for (&cut, &rows) in cuts.iter().zip(rows) {
        below += u64::from(rows);
        since += u64::from(rows);
        let bins_left = (bins_max - kept.len()) as u64;
        let enough = since * bins_left >= total - (below - since);
        if enough && bins_left > 1 {
            kept.push(cut);
            since = 0;
        }
    }
    kept
}

#[allow(clippy::cast_possible_truncation, reason = "bins are bounded by Bins::check")]
fn encode_column(bins: &Bins, column: &Column) -> Codes {
    let withheld = bins.count();
    if let Some(Coded { codes, cells, .. }) = column.coded() {
        // A cell is looked up once per code, not once per row.
        let known: Vec<u32> = cells.iter().map(|&c| bins.encode(c).unwrap_or(withheld) as u32).collect();
        if let (Some(shared), false) = (Codes::shared(codes, &known, withheld), column.has_withheld()) {
            return shared;
        }
        let of = |(row, code): (usize, usize)| {
            if column.is_withheld(row) {
                return withheld as u32;
            }
            known.get(code).copied().unwrap_or(Bins::MISSING as u32)
        };
        return Codes::new(codes.iter().enumerate().map(of), withheld);
    }
    let of = |row| bins.encode(column.cell(row)).unwrap_or(withheld) as u32;
    Codes::new((0..column.rows()).map(of), withheld)
}

#[cfg(test)]
mod tests;
