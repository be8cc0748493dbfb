//! A decision as it is shown to others: with the proof that it was logged, checked by the public key alone.
//!
//! An export holds the leaf of the decision's row, the proof that leads from it to a root, and the signed head that names
//! the root. What the decision held is opened beside it, and must be what the leaf commits to; no key leaves the house. Of a
//! decision that was erased the proof stays, and nothing opens.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::heads::{HASHES_PER_PAGE, head_now};
use super::listing::Listing;
use super::merkle::{ProofMaker, root_of};
use super::record::Sheet;
use super::signing::LogPublicKey;
use super::witness::{Line, Witnessed, digits};
use super::{Ledger, LedgerError, Record, SALT_BYTES, commitment};
use crate::domain::{DecisionId, FieldError, Outcome, Purpose, TenantId, Timestamp};
use crate::sealing::hex;
use crate::store::{Hash, Link, Place, leaf, leaf_hash};

/// The form of exports that this build writes and reads.
const FORMAT: &str = "limpid log export v1";

/// A decision with the proof that it was logged, as a file of JSON.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Export {
    format: String,
    tenant: String,
    decision: String,
    /// The bytes of the leaf, in hexadecimal digits.
    leaf: String,
    /// Place among the leaves, from 0.
    index: u32,
    /// The hashes beside the path, from the leaf up.
    proof: Vec<String>,
    head: Line,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    opened: Option<Opened>,
}

/// What a decision held.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Opened {
    /// The same for people to read.
    told: Value,
    /// The bytes that the leaf commits to, in hexadecimal digits.
    bytes: String,
    /// The list of ads that they refer to, if they do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    listing: Option<String>,
}

/// What an export was found to prove.
#[derive(Clone, Debug, PartialEq)]
pub struct Checked {
    /// The decision.
    pub decision: DecisionId,
    /// Where it stands in the log.
    pub place: Place,
    /// How many rows its chain had, at least.
    pub length: u32,
    /// When that was signed.
    pub signed_at: Timestamp,
    /// What it held; None when it was erased.
    pub told: Option<Value>,
}

/// Why an export proves nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// A part is not as it was written.
    #[error(transparent)]
    Field(#[from] FieldError),
    /// The head was not signed by the key.
    #[error("head: was not signed by this key")]
    Unsigned,
    /// The proof does not lead from the leaf to the root that was signed.
    #[error("proof: does not lead from the leaf to the root that was signed")]
    NotInTree,
    /// The leaf is another decision's, or stands at another place.
    #[error("leaf: is not that of this decision at this place")]
    OtherLeaf,
    /// What is said to have been decided is not what the leaf commits to.
    #[error("opened: is not what was logged")]
    OtherContent,
}

impl Ledger {
    /// The decision of an id with the proof that it was logged: by the seal of its day, or by a head that is signed now.
    ///
    /// # Errors
    /// When the store cannot be read, or the decision does not open for another reason than erasure.
    pub async fn export(
        &self,
        tenant: &TenantId,
        id: DecisionId,
        now: Timestamp,
    ) -> Result<Option<Export>, LedgerError> {
        let Some(link) = self.store.link(tenant, id).await? else { return Ok(None) };
        let said = self.head_over(&link, now).await?;
        let Place { chain, index } = Place::of(link.seq);
        let length = said.head().length;
        let unproven = LedgerError::Unreadable { id, cause: "its place in the log does not fit" };
        let mut maker = ProofMaker::of(index - 1, length).ok_or_else(|| unproven.clone())?;
        let (mut previous, mut at) = (Hash::default(), 0);
        while at < length {
            let page = self.store.hashes(chain, at, HASHES_PER_PAGE.min(length - at)).await?;
            if page.is_empty() {
                return Err(unproven);
            }
            for hash in page {
                maker.push(hash);
                at += 1;
                if at + 1 == index {
                    previous = hash;
                }
            }
        }
        Ok(Some(Export {
            format: FORMAT.to_owned(),
            tenant: tenant.to_string(),
            decision: id.to_string(),
            leaf: hex(&leaf(link.seq, &link.row, &previous)).to_string(),
            index: index - 1,
            proof: maker.proof().iter().map(|hash| hex(hash).to_string()).collect(),
            head: Line::from(&said),
            opened: self.opened(&link).await?,
        }))
    }

    /// The seal of a row's chain; of a chain that is open, a head over all of its rows.
    async fn head_over(&self, link: &Link, now: Timestamp) -> Result<Witnessed, LedgerError> {
        let chain = Place::of(link.seq).chain;
        let mut after = 0;
        loop {
            let page = self.store.seals(after, HASHES_PER_PAGE).await?;
            let Some(last) = page.last() else {
                return Ok(Witnessed::Head(head_now(&self.store, &self.log_key, chain, now).await?));
            };
            after = last.ordinal;
            if let Some(seal) = page.into_iter().find(|seal| seal.head.chain == chain) {
                return Ok(Witnessed::Seal(seal));
            }
        }
    }

    async fn opened(&self, link: &Link) -> Result<Option<Opened>, LedgerError> {
        let plain = match self.unseal(&link.row).await {
            Ok(plain) => plain,
            Err(LedgerError::Erased(_)) => return Ok(None),
            Err(error) => return Err(error),
        };
        let nothing = || LedgerError::Unreadable { id: link.row.id, cause: "its envelope holds no decision" };
        let sheet = sheet(&plain).ok_or_else(nothing)?;
        let listing = match sheet.listing() {
            Some(version) => self.listings.find(&self.store, version).await?,
            None => None,
        };
        let record = sheet.record(listing.as_deref()).ok_or_else(nothing)?;
        let listing = listing.map(|listing| hex(&listing.to_bytes()).to_string());
        Ok(Some(Opened { told: told(&record), bytes: hex(&plain).to_string(), listing }))
    }
}

impl Export {
    /// What the export proves to whoever trusts the key.
    ///
    /// # Errors
    /// The first thing that does not hold.
    pub fn check(&self, key: &LogPublicKey) -> Result<Checked, ProofError> {
        if self.format != FORMAT {
            return Err(FieldError::new("format", format!("must be {FORMAT}")).into());
        }
        let tenant = TenantId::parse(&self.tenant)?;
        let decision = DecisionId::parse(&self.decision)?;
        let said = Witnessed::try_from(&self.head)?;
        let is_signed = match &said {
            Witnessed::Head(head) => key.signed_head(head),
            Witnessed::Seal(seal) => key.signed_seal(seal),
        };
        if !is_signed {
            return Err(ProofError::Unsigned);
        }
        let head = said.head();
        let leaf = bytes("leaf", &self.leaf)?;
        let proof: Vec<Hash> =
            self.proof.iter().map(|hash| digits("proof", hash)).collect::<Result<_, _>>()?;
        if root_of(leaf_hash(&leaf), self.index, head.length, &proof) != Some(head.root) {
            return Err(ProofError::NotInTree);
        }
        let place = Place { chain: head.chain, index: self.index + 1 };
        let committed = commitment_of(&leaf, (&tenant, decision), place).ok_or(ProofError::OtherLeaf)?;
        let told = self.opened.as_ref().map(|opened| opened.check(committed)).transpose()?;
        Ok(Checked { decision, place, length: head.length, signed_at: head.at, told })
    }
}

impl Opened {
    /// What is told, if it is what the bytes say and they are what was committed to.
    fn check(&self, committed: Hash) -> Result<Value, ProofError> {
        let plain = bytes("opened.bytes", &self.bytes)?;
        if commitment(&plain) != committed {
            return Err(ProofError::OtherContent);
        }
        let sheet = sheet(&plain).ok_or(ProofError::OtherContent)?;
        let listing = match (&self.listing, sheet.listing()) {
            (Some(text), Some(version)) => {
                let listing = Listing::from_bytes(&bytes("opened.listing", text)?);
                Some(listing.filter(|listing| listing.version() == version).ok_or(ProofError::OtherContent)?)
            }
            (None, None) => None,
            _ => return Err(ProofError::OtherContent),
        };
        let record = sheet.record(listing.as_ref()).ok_or(ProofError::OtherContent)?;
        if told(&record) == self.told { Ok(self.told.clone()) } else { Err(ProofError::OtherContent) }
    }
}

/// What a leaf commits to, if it is that of a decision at a place; see [`leaf`] for its bytes.
fn commitment_of(leaf: &[u8], (tenant, id): (&TenantId, DecisionId), place: Place) -> Option<Hash> {
    let (_version, rest) = leaf.split_first()?;
    let (seq, rest) = rest.split_at_checked(8)?;
    let (length, rest) = rest.split_at_checked(4)?;
    let length = u32::from_be_bytes(length.try_into().ok()?) as usize;
    let (leaf_tenant, rest) = rest.split_at_checked(length)?;
    let (leaf_id, rest) = rest.split_at_checked(16)?;
    // Alias and digest of the request; behind the commitment are the hashes of the envelope and of the row before.
    let (_, rest) = rest.split_at_checked(16 + 32)?;
    let (commitment, rest) = rest.split_at_checked(32)?;
    let is_meant = seq == place.seq().to_be_bytes()
        && leaf_tenant == tenant.as_str().as_bytes()
        && leaf_id == id.as_bytes()
        && rest.len() == 64;
    if is_meant { commitment.try_into().ok() } else { None }
}

fn sheet(plain: &[u8]) -> Option<Sheet<'_>> {
    postcard::from_bytes(plain.get(SALT_BYTES..)?).ok()
}

/// A decision for people to read. Values are in units of 2^-32 nat.
fn told(record: &Record) -> Value {
    let upshot = &record.upshot;
    let ads = record.scored.iter().zip(&upshot.ranking_values).enumerate().map(|(place, (scored, value))| {
        json!({
            "ad": scored.ad.id.as_str(),
            "advertiser": scored.ad.advertiser,
            "eligible": place < upshot.eligible as usize,
            "bid_micros": scored.bid.micros,
            "currency": scored.bid.currency.to_string(),
            "ranking_value_units": value.units(),
        })
    });
    let withheld = record.verdicts.iter().filter(|verdict| verdict.outcome() == Outcome::Withheld);
    let withheld = withheld.filter_map(|verdict| record.features.get(verdict.feature.index()));
    let models = record.versions.models.iter().map(|(response, version)| (response.name(), version.as_str()));
    let purposes = Purpose::ALL.into_iter().filter(|purpose| record.accepted.contains(*purpose));
    json!({
        "impression": record.impression.as_str(),
        "decided_at": record.at.to_string(),
        "about_a_person": record.has_subject,
        "purposes_accepted": purposes.map(Purpose::number).collect::<Vec<_>>(),
        "features_withheld": withheld.collect::<Vec<_>>(),
        "schema": record.versions.schema,
        "models": models.collect::<std::collections::BTreeMap<_, _>>(),
        "ads": ads.collect::<Vec<_>>(),
        "first_ad_line_units": upshot.first.iter().map(|line| line.units()).collect::<Vec<_>>(),
    })
}

/// The bytes of hexadecimal digits, however many.
fn bytes(field: &'static str, text: &str) -> Result<Vec<u8>, FieldError> {
    let rule = || FieldError::new(field, "must be hexadecimal digits, two a byte");
    let digits = text.as_bytes();
    if !digits.len().is_multiple_of(2) || !digits.iter().all(u8::is_ascii_hexdigit) {
        return Err(rule());
    }
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    digits.chunks_exact(2).map(|pair| byte(pair).ok_or_else(rule)).collect()
}

#[cfg(test)]
mod tests;
