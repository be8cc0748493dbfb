//! Why a request is refused, in the codes of either version.

use std::fmt;

use super::jws::TokenError;

/// The version of a request, which is that of its answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Version {
    V1_0,
    V1_1,
    V2_0,
}

impl Version {
    pub(super) const ALL: [Self; 3] = [Self::V1_0, Self::V1_1, Self::V2_0];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::V1_0 => "1.0",
            Self::V1_1 => "1.1",
            Self::V2_0 => "2.0",
        }
    }

    /// Whether codes and claims are those of version 2.
    pub(super) const fn is_second(self) -> bool {
        matches!(self, Self::V2_0)
    }

    /// The code of a request that was carried out.
    pub(super) const fn success(self) -> u32 {
        if self.is_second() { 10_000 } else { 0 }
    }
}

/// Which token is meant: the request itself, or the first party's within it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Whose {
    Request,
    Original,
}

/// Why a request is refused. What it says holds nothing of what the request says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// The token cannot be read.
    Unreadable(Whose, TokenError),
    /// A claim is missing or breaks a rule.
    Claim(Whose, &'static str, &'static str),
    /// The issuer is not listed, as a first party where it has to be one.
    Issuer(Whose),
    /// The issuer has no key of the id.
    Key(Whose),
    /// The key is for another algorithm.
    Algorithm(Whose),
    /// The signature does not fit.
    Signature(Whose),
    /// It does not say when it was made.
    NoTime(Whose),
    /// It was made later than now.
    Ahead(Whose),
    /// It was made too long ago.
    Stale(Whose),
    /// It was made before the token within it.
    Sequence,
    /// The requester may not pass on what the first party asks.
    NotForwarded,
    /// It is about someone else than the token within it.
    OtherPerson,
    /// We take no identifiers of the type.
    Kind,
    /// We take identifiers of the type in another format.
    Format,
    /// The identifier is not in its format.
    NotInFormat,
    /// The identifier cannot be one.
    Value,
}

impl Refusal {
    /// The code in an answer.
    pub(super) const fn code(self, version: Version) -> u32 {
        let (first, second, of_original) = self.codes();
        match (version.is_second(), self.whose()) {
            (false, _) => first,
            (true, Whose::Request) => second,
            (true, Whose::Original) => of_original,
        }
    }

    /// The code of version 1, and those of version 2 for the request and for the token within it.
    const fn codes(self) -> (u32, u32, u32) {
        match self {
            Self::Unreadable(..) => (3, 13_201, 13_101),
            Self::Claim(..) | Self::OtherPerson => (1, 13_201, 13_101),
            Self::Issuer(_) => (2, 11_202, 11_102),
            Self::Key(_) => (2, 11_205, 11_105),
            Self::Algorithm(_) => (2, 12_201, 12_101),
            Self::Signature(_) => (2, 13_202, 13_102),
            // Version 2 knows no token that is too old; the one is as near as can be.
            Self::NoTime(_) | Self::Stale(_) => (6, 13_203, 13_103),
            Self::Ahead(_) => (6, 13_204, 13_104),
            Self::Sequence => (6, 13_205, 13_205),
            Self::NotForwarded => (2, 13_201, 13_201),
            Self::Kind => (4, 14_201, 14_201),
            Self::Format => (5, 14_202, 14_202),
            Self::NotInFormat => (5, 14_203, 14_203),
            Self::Value => (5, 14_204, 14_204),
        }
    }

    const fn whose(self) -> Whose {
        match self {
            Self::Unreadable(whose, _)
            | Self::Claim(whose, ..)
            | Self::Issuer(whose)
            | Self::Key(whose)
            | Self::Algorithm(whose)
            | Self::Signature(whose)
            | Self::NoTime(whose)
            | Self::Ahead(whose)
            | Self::Stale(whose) => whose,
            Self::Sequence
            | Self::NotForwarded
            | Self::OtherPerson
            | Self::Kind
            | Self::Format
            | Self::NotInFormat
            | Self::Value => Whose::Request,
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let token = match self.whose() {
            Whose::Request => "rqJWT",
            Whose::Original => "idJWT or orJWT",
        };
        match self {
            Self::Unreadable(_, error) => write!(f, "{token}: {error}"),
            Self::Claim(_, name, rule) => write!(f, "{token}: {name}: {rule}"),
            Self::Issuer(Whose::Request) => write!(f, "{token}: iss: is no participant here"),
            Self::Issuer(Whose::Original) => write!(f, "{token}: iss: is no first party here"),
            Self::Key(_) => write!(f, "{token}: kid: is no key that is listed here for the issuer"),
            Self::Algorithm(_) => write!(f, "{token}: alg: must be that of the key"),
            Self::Signature(_) => write!(f, "{token}: the signature does not fit"),
            Self::NoTime(_) => write!(f, "{token}: iat: must be a positive integer, in seconds since 1970"),
            Self::Ahead(_) => write!(f, "{token}: iat: must be at most 5 minutes ahead"),
            Self::Stale(Whose::Request) => write!(f, "{token}: iat: must be at most 10 minutes ago"),
            Self::Stale(Whose::Original) => write!(f, "{token}: iat: must be at most 45 days ago"),
            Self::Sequence => write!(f, "{token}: iat: must not be before that of the token within it"),
            Self::NotForwarded => write!(f, "{token}: iss: may not pass on what this first party asks"),
            Self::OtherPerson => write!(f, "{token}: sub: must be that of idJWT"),
            Self::Kind => write!(f, "{token}: identifierType: must be one that we list"),
            Self::Format => write!(f, "{token}: identifierFormat: must be one that we list for the type"),
            Self::NotInFormat => write!(f, "{token}: identifierValue: must be in the format that is said"),
            Self::Value => {
                write!(f, "{token}: identifierValue: must be 1 to 256 bytes without control characters")
            }
        }
    }
}
