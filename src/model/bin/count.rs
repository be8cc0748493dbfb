//! Rows and distinct people of each bin.

/// How many rows have each of `kinds` codes.
pub(super) fn count_rows(codes: impl Iterator<Item = usize>, kinds: usize) -> Vec<usize> {
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
pub(super) fn order_rows(codes: impl Iterator<Item = usize>, rows: &[usize]) -> Vec<u32> {
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

/// Counts distinct people, cheap to clear.
pub(super) struct DistinctPeople {
    last_seen: Vec<u32>,
    pass: u32,
    count: u32,
}

impl DistinctPeople {
    /// A counter for the people numbered in `person`.
    pub(super) fn among(person: &[u32]) -> Self {
        let people = person.iter().max().map_or(0, |&max| max as usize + 1);
        Self { last_seen: vec![0; people], pass: 1, count: 0 }
    }

    pub(super) fn add(&mut self, person: u32) {
        let seen = &mut self.last_seen[person as usize];
        self.count += u32::from(*seen != self.pass);
        *seen = self.pass;
    }

    pub(super) const fn count(&self) -> u32 {
        self.count
    }

    pub(super) fn clear(&mut self) {
        self.pass += 1;
        self.count = 0;
    }
}

/// How many distinct people have each of `kinds` codes.
#[allow(clippy::cast_possible_truncation, reason = "people are numbered by u32")]
pub(super) fn count_people(
    codes: impl Iterator<Item = usize> + Clone,
    kinds: usize,
    person: &[u32],
) -> Vec<u32> {
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
pub(in crate::model) struct Tally {
    pub(in crate::model) people: Vec<u32>,
    pub(in crate::model) rows: Vec<u32>,
    /// Whether the cell may be learned: it has the floor of people. Of one that may not, nothing is
    /// told.
    pub(in crate::model) learned: Vec<bool>,
}

impl Tally {
    /// Counts rows and distinct people by code; codes of `count` and above do not count.
    pub(in crate::model) fn of(
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
