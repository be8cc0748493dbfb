//! The ads that a service knows, as records refer to them: by their place in a list that is kept once.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::LedgerError;
use crate::domain::{Ad, AdId, AdLabel, AdValue, FeatureId};
use crate::store::{Hash, Store};

/// Most listings that are kept at hand.
const AT_HAND: usize = 4;

/// What is kept of an ad: what is told of it, and its own features.
type Kept = (Arc<AdLabel>, Vec<(FeatureId, AdValue)>);

/// The ads of a service, in one order.
#[derive(Debug)]
pub struct Listing {
    version: Hash,
    ads: Vec<Kept>,
    places: HashMap<AdId, u32, foldhash::fast::RandomState>,
}

impl Listing {
    /// The listing of these ads.
    #[must_use]
    pub fn of<'a>(ads: impl Iterator<Item = &'a Arc<Ad>>) -> Self {
        Self::new(ads.map(|ad| (ad.label.clone(), ad.features.clone())).collect())
    }

    fn new(ads: Vec<Kept>) -> Self {
        let version = *blake3::hash(&to_bytes(&ads)).as_bytes();
        let places = (0..).zip(&ads).map(|(place, (label, _))| (label.id.clone(), place)).collect();
        Self { version, ads, places }
    }

    /// The listing of bytes; None when they hold none.
    pub(super) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let plain: Vec<(AdLabel, Vec<(FeatureId, AdValue)>)> = postcard::from_bytes(bytes).ok()?;
        Some(Self::new(plain.into_iter().map(|(label, features)| (Arc::new(label), features)).collect()))
    }

    /// Its bytes, of which the version is the hash.
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        to_bytes(&self.ads)
    }

    /// Its content hash.
    pub(super) const fn version(&self) -> Hash {
        self.version
    }

    /// The place of an ad; None when it is another ad, though it may have the id of one.
    pub(super) fn place(&self, label: &Arc<AdLabel>) -> Option<u32> {
        let place = *self.places.get(&label.id)?;
        let (known, _) = self.ads.get(place as usize)?;
        (Arc::ptr_eq(known, label) || known == label).then_some(place)
    }

    /// The ad at a place.
    pub(super) fn get(&self, place: u32) -> Option<&Kept> {
        self.ads.get(place as usize)
    }
}

/// The listings that were asked for lately, the last one first.
#[derive(Debug, Default)]
pub(super) struct Listings(Mutex<Vec<Arc<Listing>>>);

impl Listings {
    /// Makes a listing durable, so that records may refer to it.
    pub(super) async fn keep(&self, store: &Store, listing: &Arc<Listing>) -> Result<(), LedgerError> {
        store.keep_listing(listing.version, listing.to_bytes()).await?;
        self.remember(listing.clone());
        Ok(())
    }

    /// The listing of a version; None when it is not kept, or was changed.
    pub(super) async fn find(
        &self,
        store: &Store,
        version: Hash,
    ) -> Result<Option<Arc<Listing>>, LedgerError> {
        let known =
            |lately: &Vec<Arc<Listing>>| lately.iter().find(|known| known.version == version).cloned();
        if let Some(known) = known(&self.0.lock().unwrap_or_else(PoisonError::into_inner)) {
            return Ok(Some(known));
        }
        let bytes = store.listing(version).await?;
        let listing = bytes.and_then(|bytes| Listing::from_bytes(&bytes));
        let listing = listing.filter(|listing| listing.version == version).map(Arc::new);
        if let Some(listing) = &listing {
            self.remember(listing.clone());
        }
        Ok(listing)
    }

    fn remember(&self, listing: Arc<Listing>) {
        let mut lately = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        lately.retain(|known| known.version != listing.version);
        lately.insert(0, listing);
        lately.truncate(AT_HAND);
    }
}

fn to_bytes(ads: &[Kept]) -> Vec<u8> {
    let plain: Vec<(&AdLabel, &[(FeatureId, AdValue)])> =
        ads.iter().map(|(label, features)| (&**label, features.as_slice())).collect();
    postcard::to_stdvec(&plain).unwrap_or_default()
}
