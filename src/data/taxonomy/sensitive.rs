//! Which nodes are sensitive of themselves: whoever is interested in them tells something of themselves that law protects, or that
//! nobody should be reminded of.

/// Why a node is sensitive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Ground {
    /// Health (GDPR Art. 9).
    Health,
    /// Sex life and sexual orientation (GDPR Art. 9).
    Sex,
    /// Children, family state and pregnancy.
    Family,
    /// Belief (GDPR Art. 9).
    Religion,
    /// Political opinions, and membership of unions and the like (GDPR Art. 9).
    Politics,
    /// Alcohol, which hints at health and belief.
    Alcohol,
    /// Tobacco and what is smoked in its place.
    Tobacco,
    /// Cannabis.
    Cannabis,
    /// Gambling.
    Gambling,
    /// Weapons.
    Weapons,
    /// Debt and need.
    Debt,
    /// Disputes and offences (GDPR Art. 10).
    Law,
}

impl Ground {
    /// What it is called.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Health => "health",
            Self::Sex => "sex",
            Self::Family => "family",
            Self::Religion => "religion",
            Self::Politics => "politics",
            Self::Alcohol => "alcohol",
            Self::Tobacco => "tobacco",
            Self::Cannabis => "cannabis",
            Self::Gambling => "gambling",
            Self::Weapons => "weapons",
            Self::Debt => "debt",
            Self::Law => "law",
        }
    }
}

/// The nodes with all below them, by ground. `README.md` beside this file has the same as a table.
pub(super) const ROOTS: &[(Ground, &[u16])] = &[
    (Ground::Health, &[1092, 1094, 1183, 1208, 1253, 1291, 1344, 1378, 1473]),
    (Ground::Sex, &[1001, 1259, 1519]),
    (Ground::Family, &[1060, 1061, 1066, 1124, 1127, 1166, 1204, 1248, 1305, 1308, 1328]),
    (Ground::Religion, &[1239, 1487]),
    (Ground::Politics, &[1262, 1453, 1454, 1455, 1456, 1457, 1474]),
    (Ground::Alcohol, &[1002]),
    (Ground::Tobacco, &[1544]),
    (Ground::Cannabis, &[1049]),
    (Ground::Gambling, &[1361]),
    (Ground::Weapons, &[1576]),
    (Ground::Debt, &[1338, 1349, 1504]),
    (Ground::Law, &[1416]),
];
