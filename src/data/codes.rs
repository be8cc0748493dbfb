//! One small number for each row, or none, in as few bytes as hold the largest.

/// Codes of rows; the largest number of the width stands for no code.
#[derive(Clone, Debug, PartialEq)]
pub enum Codes {
    /// One byte a row.
    Byte(Vec<u8>),
    /// Two bytes a row.
    Short(Vec<u16>),
    /// Four bytes a row.
    Word(Vec<u32>),
}

#[allow(clippy::cast_possible_truncation, reason = "the count of kinds chooses the width")]
impl Codes {
    /// No rows yet, of `kinds` kinds: codes are below it.
    fn for_kinds(kinds: usize) -> Self {
        Self::with_room(kinds, 0)
    }

    /// The same with room for `rows` rows: a column that outgrows its room is copied to a larger one.
    pub(super) fn with_room(kinds: usize, rows: usize) -> Self {
        match kinds {
            0..=0xFF => Self::Byte(Vec::with_capacity(rows)),
            0x100..=0xFFFF => Self::Short(Vec::with_capacity(rows)),
            _ => Self::Word(Vec::with_capacity(rows)),
        }
    }

    /// Makes room for codes of `kinds` kinds, if there is none yet.
    pub(super) fn widen(&mut self, kinds: usize) {
        if Self::for_kinds(kinds).width() > self.width() {
            let mut wide = Self::with_room(kinds, self.room());
            let missing = self.missing();
            (0..self.rows()).for_each(|row| {
                let code = self.at(row);
                wide.push((code != missing).then_some(code as u32));
            });
            *self = wide;
        }
    }

    const fn room(&self) -> usize {
        match self {
            Self::Byte(codes) => codes.capacity(),
            Self::Short(codes) => codes.capacity(),
            Self::Word(codes) => codes.capacity(),
        }
    }

    const fn width(&self) -> usize {
        match self {
            Self::Byte(_) => 1,
            Self::Short(_) => 2,
            Self::Word(_) => 4,
        }
    }

    /// What stands for no code.
    const fn missing(&self) -> usize {
        match self {
            Self::Byte(_) => u8::MAX as usize,
            Self::Short(_) => u16::MAX as usize,
            Self::Word(_) => u32::MAX as usize,
        }
    }

    /// Puts `number` of each code in its place.
    pub(super) fn renumber(&mut self, number: &[u32]) {
        let of = |code: usize| number.get(code).copied();
        for row in 0..self.rows() {
            let number = of(self.at(row));
            self.set(row, number);
        }
    }

    fn set(&mut self, row: usize, code: Option<u32>) {
        match self {
            Self::Byte(codes) => codes[row] = code.map_or(u8::MAX, |code| code as u8),
            Self::Short(codes) => codes[row] = code.map_or(u16::MAX, |code| code as u16),
            Self::Word(codes) => codes[row] = code.unwrap_or(u32::MAX),
        }
    }

    pub(super) fn push(&mut self, code: Option<u32>) {
        match self {
            Self::Byte(codes) => codes.push(code.map_or(u8::MAX, |code| code as u8)),
            Self::Short(codes) => codes.push(code.map_or(u16::MAX, |code| code as u16)),
            Self::Word(codes) => codes.push(code.unwrap_or(u32::MAX)),
        }
    }

    pub(super) fn of(codes: impl Iterator<Item = Option<u32>>, kinds: usize) -> Self {
        let mut all = Self::for_kinds(kinds);
        codes.for_each(|code| all.push(code));
        all
    }

    /// Number of rows.
    #[must_use]
    pub const fn rows(&self) -> usize {
        match self {
            Self::Byte(codes) => codes.len(),
            Self::Short(codes) => codes.len(),
            Self::Word(codes) => codes.len(),
        }
    }

    /// The code of `row`; one beyond all kinds when it has none.
    #[must_use]
    pub fn at(&self, row: usize) -> usize {
        match self {
            Self::Byte(codes) => usize::from(codes[row]),
            Self::Short(codes) => usize::from(codes[row]),
            Self::Word(codes) => codes[row] as usize,
        }
    }

    /// The code of every row.
    pub fn iter(&self) -> impl Iterator<Item = usize> + Clone + '_ {
        (0..self.rows()).map(|row| self.at(row))
    }

    pub(super) fn select(&self, rows: &[usize]) -> Self {
        match self {
            Self::Byte(codes) => Self::Byte(rows.iter().map(|&row| codes[row]).collect()),
            Self::Short(codes) => Self::Short(rows.iter().map(|&row| codes[row]).collect()),
            Self::Word(codes) => Self::Word(rows.iter().map(|&row| codes[row]).collect()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codes(codes: &Codes) -> Vec<usize> {
        codes.iter().collect()
    }

    #[test]
    fn codes_take_as_few_bytes_as_hold_their_kinds() {
        for (kinds, width) in [(0, 1), (255, 1), (256, 2), (65_535, 2), (65_536, 4)] {
            let last = u32::try_from(kinds).unwrap().checked_sub(1);
            let all = Codes::of([last, None].into_iter(), kinds);
            assert_eq!(all.width(), width, "{kinds} kinds");
            assert!(
                all.at(1) >= kinds && last.is_none_or(|last| all.at(0) == last as usize),
                "{kinds} kinds"
            );
        }
    }

    #[test]
    fn wider_codes_and_other_numbers_keep_what_is_missing() {
        let mut all = Codes::of([Some(1), None, Some(0)].into_iter(), 2);
        all.widen(200);
        assert_eq!(all.width(), 1);
        all.widen(300);
        all.push(Some(299));
        assert_eq!(codes(&all), [1, 65_535, 0, 299]);
        all.widen(70_000);
        assert_eq!(codes(&all), [1, u32::MAX as usize, 0, 299]);
        let turned: Vec<u32> = (0..300).rev().collect();
        all.renumber(&turned);
        assert_eq!(codes(&all), [298, u32::MAX as usize, 299, 0]);
        assert_eq!(codes(&all.select(&[3, 1])), [0, u32::MAX as usize]);
    }
}
