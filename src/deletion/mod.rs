//! Data Deletion Requests of the IAB Tech Lab, versions 1.0, 1.1 and 2.0
//! (<https://github.com/InteractiveAdvertisingBureau/Data-Subject-Rights>), received: whoever asks a shop to be deleted is erased here, too.
//!
//! The first party, which the person asked, signs an identity token (idJWT; orJWT in 2.0); whoever passes the request on, the first party
//! or an intermediary, signs a request token (rqJWT) around it, and we answer with an acknowledgement (acJWT) that is signed as well. All
//! three are JSON Web Tokens ([`jws`]). Whose tokens count is a closed list in a file of the operator's ([`participants`]):
//! nothing is fetched from outside, and whoever is not on it is refused. What a request has to be is in [`request`], the codes of its
//! refusal in [`refusal`], how it is carried out in [`routes`].

mod acknowledgement;
mod jwk;
mod jws;
mod participants;
mod refusal;
mod request;
mod routes;
mod signing;

pub use jwk::{Jwk, JwkError};
pub use participants::{Participant, Participants, ParticipantsError};
pub use routes::router;
pub use signing::{SigningKey, SigningKeyError};
