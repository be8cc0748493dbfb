//! Writes strings for tests: bit by bit, and TC strings field by field.

const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// Bits that become base64url text.
#[derive(Clone, Debug, Default)]
pub(crate) struct Written(String);

impl Written {
    /// With a number of so many bits after what is there.
    #[must_use]
    pub(crate) fn number(mut self, value: u64, bits: usize) -> Self {
        self.0.extend((0..bits).rev().map(|bit| if value >> bit & 1 == 1 { '1' } else { '0' }));
        self
    }

    /// With a bit for each number from 1 to `count`.
    #[must_use]
    pub(crate) fn members(self, members: &[u16], count: u16) -> Self {
        (1..=count).fold(self, |bits, number| bits.number(u64::from(members.contains(&number)), 1))
    }

    /// With a set of identifiers as a bit each.
    #[must_use]
    pub(crate) fn ids(self, ids: &[u16]) -> Self {
        let largest = ids.iter().copied().max().unwrap_or(0);
        self.number(largest.into(), 16).number(0, 1).members(ids, largest)
    }

    /// With ranges of identifiers, first and last of each, and their count before them.
    #[must_use]
    pub(crate) fn ranges(self, ranges: &[(u16, u16)]) -> Self {
        ranges.iter().fold(self.number(ranges.len() as u64, 12), |bits, (first, last)| {
            bits.number(1, 1).number((*first).into(), 16).number((*last).into(), 16)
        })
    }

    /// With a positive number in Fibonacci coding.
    #[must_use]
    pub(crate) fn fibonacci(self, number: u64) -> Self {
        let mut numbers = vec![1, 2];
        while numbers[numbers.len() - 1] <= number {
            numbers.push(numbers[numbers.len() - 1] + numbers[numbers.len() - 2]);
        }
        numbers.retain(|fibonacci| *fibonacci <= number);
        let (mut rest, mut bits) = (number, Vec::new());
        for fibonacci in numbers.into_iter().rev() {
            bits.push(rest >= fibonacci);
            rest -= if rest >= fibonacci { fibonacci } else { 0 };
        }
        let written = bits.into_iter().rev().fold(self, |written, bit| written.number(bit.into(), 1));
        written.number(1, 1)
    }

    /// With answers of two bits each.
    #[must_use]
    pub(crate) fn answers(self, answers: &[u64]) -> Self {
        answers.iter().fold(self, |bits, answer| bits.number(*answer, 2))
    }

    /// The text.
    #[must_use]
    pub(crate) fn text(&self) -> String {
        let sextets = self.0.as_bytes().chunks(6).map(|chunk| {
            let bits = chunk.iter().fold(0, |sum, bit| sum << 1 | usize::from(bit - b'0'));
            char::from(LETTERS[bits << (6 - chunk.len())])
        });
        sextets.collect()
    }
}

/// A string of the platform: each section with its number, ascending.
#[must_use]
pub(crate) fn gpp_written(sections: &[(u64, String)]) -> String {
    let header = Written::default().number(3, 6).number(1, 6).number(sections.len() as u64, 12);
    let (header, _) = sections
        .iter()
        .fold((header, 0), |(header, before), (id, _)| (header.number(0, 1).fibonacci(id - before), *id));
    sections.iter().fold(header.text(), |text, (_, section)| text + "~" + section)
}

/// A publisher's restriction: purpose, kind, ranges of vendors.
pub(crate) type RestrictionWritten = (u64, u64, Vec<(u16, u16)>);

/// A TC string to write; by default one that consents to nothing.
#[derive(Clone, Debug)]
pub(crate) struct TcWritten {
    /// When it was last changed, in seconds since 1970.
    pub(crate) updated_seconds: u64,
    /// 4 is TCF v2.2, 5 is v2.3.
    pub(crate) policy_version: u64,
    /// Whether it holds for one service alone.
    pub(crate) is_service_specific: bool,
    /// Purposes consented to.
    pub(crate) consents: Vec<u16>,
    /// Purposes on legitimate interest.
    pub(crate) legitimate_interests: Vec<u16>,
    /// Vendors consented to.
    pub(crate) vendors: Vec<u16>,
    /// Vendors on legitimate interest.
    pub(crate) vendors_on_interest: Vec<u16>,
    /// Each with its vendors.
    pub(crate) restrictions: Vec<RestrictionWritten>,
    /// Vendors told of, in a segment of their own.
    pub(crate) disclosed: Option<Vec<u16>>,
}

impl Default for TcWritten {
    fn default() -> Self {
        Self {
            updated_seconds: 0,
            policy_version: 4,
            is_service_specific: true,
            consents: Vec::new(),
            legitimate_interests: Vec::new(),
            vendors: Vec::new(),
            vendors_on_interest: Vec::new(),
            restrictions: Vec::new(),
            disclosed: None,
        }
    }
}

impl TcWritten {
    /// The bits of the core segment up to the restrictions.
    #[must_use]
    pub(crate) fn core(&self) -> Written {
        Written::default()
            .number(2, 6)
            .number(self.updated_seconds * 10, 36)
            .number(self.updated_seconds * 10, 36)
            .number(1, 12)
            .number(1, 12)
            .number(1, 6)
            .number(4, 6)
            .number(13, 6)
            .number(15, 12)
            .number(self.policy_version, 6)
            .number(u64::from(self.is_service_specific), 1)
            .number(0, 1)
            .number(0, 12)
            .members(&self.consents, 24)
            .members(&self.legitimate_interests, 24)
            .number(0, 1)
            .number(5, 6)
            .number(17, 6)
            .ids(&self.vendors)
            .ids(&self.vendors_on_interest)
    }

    /// The string.
    #[must_use]
    pub(crate) fn text(&self) -> String {
        let count = self.restrictions.len() as u64;
        let core =
            self.restrictions.iter().fold(self.core().number(count, 12), |bits, (purpose, kind, of)| {
                bits.number(*purpose, 6).number(*kind, 2).ranges(of)
            });
        let mut text = core.text();
        if let Some(disclosed) = &self.disclosed {
            text += ".";
            text += &Written::default().number(1, 3).ids(disclosed).text();
        }
        text
    }
}
