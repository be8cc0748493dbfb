//! Sample values: what the published tables do not have. Drawn by a hash, so that they stay the same.

/// The advertiser's domain.
pub(super) const DOMAIN: &str = "example.com";

/// A number from 0 to below `of`, the same for the same text.
fn draw(what: &str, text: &str, of: u64) -> u64 {
    let hash = blake3::hash(format!("{what}/{text}").as_bytes());
    let mut first = [0; 8];
    first.copy_from_slice(&hash.as_bytes()[..8]);
    u64::from_le_bytes(first) % of
}

/// A price for a conversion: 0.40 to 1.60 dollars in whole cents, in micros.
pub(super) fn bid_micros(ad: &str) -> i64 {
    let cents = 40 + draw("bid", ad, 121);
    i64::try_from(cents).unwrap_or_default() * 10_000
}

/// The purposes that a household accepted: 70 % all, 20 % some, 10 % none. Half of the "some" accept
/// profiles but no measuring of ads, the other half measuring but no profiles.
pub(super) fn purposes(household: i64) -> &'static str {
    match draw("consent", &household.to_string(), 100) {
        0..70 => "1,2,3,4,5,6,7,8,9,10,11",
        70..80 => "1,2,3,4,10",
        80..90 => "1,2,7,10",
        _ => "",
    }
}
