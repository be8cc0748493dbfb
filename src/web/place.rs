//! Where a page stands: by itself or in a frame beside the ad; who may frame it; how its pages lead to
//! each other.

use axum::http::HeaderValue;

/// Nothing but our own style sheet may load, a form leads to ourselves alone, and only those who are named may
/// frame.
const POLICY: &str =
    "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors ";

/// Longest token that a link is made of.
const TOKEN_CHARACTERS_MAX: usize = 2048;

/// The sites whose pages may show ours in a frame; by default none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Framing {
    origins: Vec<String>,
}

/// Why an origin cannot be allowed to frame.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("origin {0}")]
pub struct OriginError(&'static str);

impl Framing {
    /// Only these origins, such as `https://shop.example`.
    ///
    /// # Errors
    /// When one is not a scheme and a host, with a port or without, or neither secure nor of this machine.
    pub fn by<'a>(origins: impl IntoIterator<Item = &'a str>) -> Result<Self, OriginError> {
        let origins = origins.into_iter().map(|origin| check_origin(origin).map(|()| origin.to_owned()));
        Ok(Self { origins: origins.collect::<Result<_, _>>()? })
    }

    /// The policy of every page.
    pub(super) fn policy(&self) -> HeaderValue {
        let ancestors = if self.origins.is_empty() { "'none'".to_owned() } else { self.origins.join(" ") };
        // Origins were checked: they have no character that a header may not have.
        HeaderValue::try_from(format!("{POLICY}{ancestors}"))
            .unwrap_or(HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'"))
    }
}

/// A scheme and a host, and a port if it is not the scheme's own. Wildcards are not taken.
fn check_origin(origin: &str) -> Result<(), OriginError> {
    let (secure, rest) = match (origin.strip_prefix("https://"), origin.strip_prefix("http://")) {
        (Some(rest), _) => (true, rest),
        (None, Some(rest)) => (false, rest),
        (None, None) => return Err(OriginError("must begin with https://")),
    };
    let (host, port) = match rest.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
        Some(_) | None => (rest, None),
    };
    let is_name = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-.".contains(c);
    let named = !host.is_empty() && (host.chars().all(is_name) || host == "[::1]");
    if !named || port.is_some_and(|port| port.parse::<u16>().is_err()) {
        return Err(OriginError("must be a scheme and a host in lower case, without a path"));
    }
    if !secure && !matches!(host, "localhost" | "127.0.0.1" | "[::1]") {
        return Err(OriginError("must be https unless it is of this machine"));
    }
    Ok(())
}

/// How a page was opened, and so what its links keep.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Placed {
    embedded: bool,
    token: Option<String>,
}

impl Placed {
    /// A page in a frame, or by itself, that is about `token` or was opened from its page. What cannot be
    /// a token is dropped, so that a link made of it leads to nowhere but the page of reasons.
    #[must_use]
    pub fn new(embedded: bool, token: Option<&str>) -> Self {
        let fits = |token: &&str| {
            let plain = |c: char| c.is_ascii_alphanumeric() || "-_.~".contains(c);
            // A segment of dots alone would climb the path.
            (1..=TOKEN_CHARACTERS_MAX).contains(&token.len())
                && token.chars().all(plain)
                && token.starts_with(|c: char| c.is_ascii_alphanumeric())
        };
        Self { embedded, token: token.filter(fits).map(str::to_owned) }
    }

    /// Whether the page stands in a frame.
    pub(super) fn embedded(&self) -> bool {
        self.embedded
    }

    /// Where the page of reasons is that this one belongs to.
    pub(super) fn why(&self, lang: &str) -> Option<String> {
        let token = self.token.as_ref()?;
        Some(format!("/why/{token}?lang={lang}{}", self.frame()))
    }

    /// The page of reasons, for a form that says the rest.
    pub(super) fn here(&self) -> String {
        self.below("")
    }

    /// Where a choice is sent.
    pub(super) fn choices(&self, lang: &str) -> String {
        format!("{}?lang={lang}{}", self.below("/choices"), self.frame())
    }

    /// The receipt of a change whose name an address can hold.
    pub(super) fn receipt(&self, change: &str, lang: &str) -> String {
        format!("{}/{change}?lang={lang}{}", self.below("/choices"), self.frame())
    }

    /// Where it is told what would have changed the decision.
    pub(super) fn changes(&self, lang: &str) -> String {
        format!("{}?lang={lang}{}", self.below("/changes"), self.frame())
    }

    /// Where it is told what there would have been without a datum.
    pub(super) fn what_if(&self, code: &str, lang: &str) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.append_pair("without", code);
        format!("{}?lang={lang}{}&{}", self.below("/what-if"), self.frame(), query.finish())
    }

    /// Where feedback is sent, and thanked for.
    pub(super) fn feedback(&self, lang: &str) -> String {
        format!("{}?lang={lang}{}", self.below("/feedback"), self.frame())
    }

    /// Where a question is sent.
    pub(super) fn concerns(&self, lang: &str) -> String {
        format!("{}?lang={lang}{}", self.below("/concerns"), self.frame())
    }

    /// A question with its answer; an address can hold its name.
    pub(super) fn concern(&self, concern: &str, lang: &str) -> String {
        format!("{}/{concern}?lang={lang}{}", self.below("/concerns"), self.frame())
    }

    /// A page that the widget takes for the wish to be closed.
    pub(super) fn closed(&self, lang: &str) -> String {
        format!("/closed?lang={lang}{}", self.from())
    }

    fn below(&self, path: &str) -> String {
        self.token.as_ref().map_or_else(|| "/".to_owned(), |token| format!("/why/{token}{path}"))
    }

    /// Where the page is that tells how ads are chosen.
    pub(super) fn how(&self, lang: &str) -> String {
        format!("/how-it-works{}", self.how_query(lang))
    }

    /// The same page in another language, for a page of reasons.
    pub(super) fn why_query(&self, lang: &str) -> String {
        format!("?lang={lang}{}", self.frame())
    }

    /// The same page in another language, for the page that tells how ads are chosen.
    pub(super) fn how_query(&self, lang: &str) -> String {
        format!("?lang={lang}{}{}", self.frame(), self.from())
    }

    fn from(&self) -> String {
        self.token.as_ref().map(|token| format!("&from={token}")).unwrap_or_default()
    }

    fn frame(&self) -> &'static str {
        if self.embedded { "&embed=1" } else { "" }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_origin_can_be_allowed_to_frame() {
        for good in
            ["https://shop.example", "https://shop.example:8443", "http://127.0.0.1:8000", "http://[::1]:1"]
        {
            let policy = Framing::by([good]).unwrap().policy();
            assert!(policy.to_str().unwrap().ends_with(&format!("frame-ancestors {good}")), "{good}");
        }
        for (bad, rule) in [
            ("shop.example", "must begin with https://"),
            ("http://shop.example", "must be https unless"),
            ("https://", "must be a scheme and a host"),
            ("https://*.example", "must be a scheme and a host"),
            ("https://shop.example/", "must be a scheme and a host"),
            ("https://shop.example; script-src *", "must be a scheme and a host"),
            ("https://shop.example https://evil.example", "must be a scheme and a host"),
            ("https://shop.example:port", "must be a scheme and a host"),
            ("http://127.0.0.1.evil.example", "must be https unless"),
            ("https://a@shop.example", "must be a scheme and a host"),
        ] {
            let error = Framing::by([bad]).unwrap_err().to_string();
            assert!(error.starts_with("origin ") && error.contains(rule), "{bad}: {error}");
        }
    }

    #[test]
    fn nobody_may_frame_unless_named() {
        assert!(Framing::default().policy().to_str().unwrap().ends_with("frame-ancestors 'none'"));
        let two = Framing::by(["https://a.example", "https://b.example"]).unwrap().policy();
        assert!(two.to_str().unwrap().ends_with("frame-ancestors https://a.example https://b.example"));
    }

    #[test]
    fn links_keep_the_frame_and_the_way_back() {
        let framed = Placed::new(true, Some("v4.public.AA-_"));
        assert_eq!(framed.how("fr"), "/how-it-works?lang=fr&embed=1&from=v4.public.AA-_");
        assert_eq!(framed.why("fr").unwrap(), "/why/v4.public.AA-_?lang=fr&embed=1");
        assert_eq!(framed.choices("fr"), "/why/v4.public.AA-_/choices?lang=fr&embed=1");
        assert_eq!(framed.receipt("c-1", "fr"), "/why/v4.public.AA-_/choices/c-1?lang=fr&embed=1");
        assert_eq!(framed.changes("fr"), "/why/v4.public.AA-_/changes?lang=fr&embed=1");
        let without = "/why/v4.public.AA-_/what-if?lang=fr&embed=1&without=a%26b%22";
        assert_eq!(framed.what_if("a&b\"", "fr"), without);
        assert_eq!(framed.closed("fr"), "/closed?lang=fr&from=v4.public.AA-_");
        let alone = Placed::default();
        assert_eq!((alone.how("en"), alone.why("en")), ("/how-it-works?lang=en".to_owned(), None));
    }

    #[test]
    fn what_is_no_token_makes_no_link() {
        for bad in ["", "..", "../healthz", "//evil.example", "a&b", "a\"b", "a b", "é", &"x".repeat(2049)] {
            assert_eq!(Placed::new(false, Some(bad)).why("en"), None, "{bad}");
        }
    }
}
