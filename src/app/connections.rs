//! Connections as they come in: so many at once, so many of one address, made secure within a deadline, closed when
//! they go silent. None of what a client fails to do takes anything from another.

use std::collections::HashMap;
use std::io;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio::time::{Instant, Sleep, sleep};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tokio_stream::wrappers::ReceiverStream;
use tonic::transport::server::Connected;

use super::tls::{Tls, fingerprint};
use crate::admission::ConnectionLimits;

/// Connections that are ready and wait to be served.
const READY_MAX: usize = 64;

/// How long accepting rests when the system gives no more connections.
const REST: Duration = Duration::from_millis(50);

/// Who is at the other end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Peer {
    /// Its address; None when the system does not tell.
    pub(super) address: Option<IpAddr>,
    /// The SHA-256 of its certificate.
    pub(super) certificate: Option<[u8; 32]>,
}

/// Connections of `listener` from now on, secured by `tls` if that is given, until the stream is dropped.
pub(super) fn incoming(
    listener: TcpListener,
    tls: Option<Arc<Tls>>,
    limits: ConnectionLimits,
) -> ReceiverStream<io::Result<Connection>> {
    let (ready, connections) = mpsc::channel(READY_MAX);
    let doorway = Doorway {
        tls,
        limits,
        places: Arc::new(Semaphore::new(limits.at_once as usize)),
        addresses: Arc::default(),
    };
    tokio::spawn(async move {
        loop {
            let accepted = tokio::select! {
                accepted = listener.accept() => accepted,
                () = ready.closed() => return,
            };
            let Ok((stream, from)) = accepted else {
                sleep(REST).await;
                continue;
            };
            // Beyond the limits it is closed at once: a queue would only be longer.
            let Some(place) = doorway.place(from.ip()) else { continue };
            let (ready, tls) =
                (ready.clone(), doorway.tls.as_ref().map(|tls| TlsAcceptor::from(tls.config())));
            tokio::spawn(async move {
                if let Some(connection) = secured(stream, tls, place, from.ip(), limits).await {
                    // Whoever serves may have ended.
                    let _ = ready.send(Ok(connection)).await;
                }
            });
        }
    });
    ReceiverStream::new(connections)
}

async fn secured(
    stream: TcpStream,
    tls: Option<TlsAcceptor>,
    place: Place,
    address: IpAddr,
    limits: ConnectionLimits,
) -> Option<Connection> {
    // Answers are small, and waited for.
    stream.set_nodelay(true).ok()?;
    let (stream, certificate) = match tls {
        None => (Stream::Plain(stream), None),
        Some(tls) => {
            let deadline = Duration::from_secs(limits.handshake_seconds.into());
            let stream = tokio::time::timeout(deadline, tls.accept(stream)).await.ok()?;
            let stream = stream.inspect_err(|error| tracing::debug!(%error, "no secure connection")).ok()?;
            let certificate = stream.get_ref().1.peer_certificates().and_then(|chain| chain.first());
            let certificate = certificate.map(fingerprint);
            (Stream::Secure(Box::new(stream)), certificate)
        }
    };
    let idle = Duration::from_secs(limits.idle_seconds.into());
    Some(Connection {
        stream,
        peer: Peer { address: Some(address), certificate },
        idle,
        moved: Instant::now(),
        wakes: Box::pin(sleep(idle)),
        _place: place,
    })
}

/// How many connections each address has, while it has any.
type Addresses = Arc<Mutex<HashMap<IpAddr, u32>>>;

struct Doorway {
    tls: Option<Arc<Tls>>,
    limits: ConnectionLimits,
    places: Arc<Semaphore>,
    addresses: Addresses,
}

impl Doorway {
    /// None when there are too many connections, of all or of this address.
    fn place(&self, address: IpAddr) -> Option<Place> {
        let permit = self.places.clone().try_acquire_owned().ok()?;
        let network = network(address);
        if network.is_loopback() {
            return Some(Place { _permit: permit, of: None });
        }
        let mut addresses = self.addresses.lock().unwrap_or_else(PoisonError::into_inner);
        let count = addresses.entry(network).or_default();
        if *count >= self.limits.per_address {
            return None;
        }
        *count += 1;
        Some(Place { _permit: permit, of: Some((self.addresses.clone(), network)) })
    }
}

/// An IPv4 address, or the network of 64 bits that one customer is given.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) if !address.is_loopback() => IpAddr::V6((u128::from(address) >> 64 << 64).into()),
        address => address,
    }
}

/// A place among the connections, until it is dropped.
struct Place {
    _permit: OwnedSemaphorePermit,
    of: Option<(Addresses, IpAddr)>,
}

impl Drop for Place {
    fn drop(&mut self) {
        let Some((addresses, network)) = &self.of else { return };
        let mut addresses = addresses.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = addresses.get_mut(network) {
            *count -= 1;
            if *count == 0 {
                addresses.remove(network);
            }
        }
    }
}

/// A connection that can be served.
pub(super) struct Connection {
    stream: Stream,
    peer: Peer,
    /// How long nothing may move.
    idle: Duration,
    /// When something last moved.
    moved: Instant,
    wakes: Pin<Box<Sleep>>,
    _place: Place,
}

enum Stream {
    Plain(TcpStream),
    Secure(Box<TlsStream<TcpStream>>),
}

impl Connected for Connection {
    type ConnectInfo = Peer;

    fn connect_info(&self) -> Peer {
        self.peer
    }
}

impl AsyncRead for Connection {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let read = match &mut this.stream {
            Stream::Plain(stream) => Pin::new(stream).poll_read(context, buffer),
            Stream::Secure(stream) => Pin::new(stream).poll_read(context, buffer),
        };
        if read.is_ready() {
            this.moved = Instant::now();
            return read;
        }
        // A timer that fires looks whether anything moved since it was set, so that what moves costs no timer.
        loop {
            ready!(this.wakes.as_mut().poll(context));
            let ends = this.moved + this.idle;
            if ends <= Instant::now() {
                return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
            }
            this.wakes.as_mut().reset(ends);
        }
    }
}

impl AsyncWrite for Connection {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.get_mut().moving(|stream| match stream {
            Stream::Plain(stream) => Pin::new(stream).poll_write(context, bytes),
            Stream::Secure(stream) => Pin::new(stream).poll_write(context, bytes),
        })
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.get_mut().moving(|stream| match stream {
            Stream::Plain(stream) => Pin::new(stream).poll_write_vectored(context, slices),
            Stream::Secure(stream) => Pin::new(stream).poll_write_vectored(context, slices),
        })
    }

    fn is_write_vectored(&self) -> bool {
        match &self.stream {
            Stream::Plain(stream) => stream.is_write_vectored(),
            Stream::Secure(stream) => stream.is_write_vectored(),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.get_mut().stream {
            Stream::Plain(stream) => Pin::new(stream).poll_flush(context),
            Stream::Secure(stream) => Pin::new(stream).poll_flush(context),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.get_mut().stream {
            Stream::Plain(stream) => Pin::new(stream).poll_shutdown(context),
            Stream::Secure(stream) => Pin::new(stream).poll_shutdown(context),
        }
    }
}

impl Connection {
    fn moving<T>(&mut self, write: impl FnOnce(&mut Stream) -> Poll<T>) -> Poll<T> {
        let written = write(&mut self.stream);
        if written.is_ready() {
            self.moved = Instant::now();
        }
        written
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn doorway(at_once: u32, per_address: u32) -> Doorway {
        Doorway {
            tls: None,
            limits: ConnectionLimits { at_once, per_address, ..ConnectionLimits::default() },
            places: Arc::new(Semaphore::new(at_once as usize)),
            addresses: Arc::default(),
        }
    }

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn one_address_cannot_take_the_places_of_others() {
        let doorway = doorway(4, 2);
        let one = [doorway.place(ip("192.0.2.1")), doorway.place(ip("::ffff:192.0.2.1"))];
        assert!(one.iter().all(Option::is_some) && doorway.place(ip("192.0.2.1")).is_none());
        let network = [doorway.place(ip("2001:db8::1")), doorway.place(ip("2001:db8::2"))];
        assert!(
            network.iter().all(Option::is_some) && doorway.place(ip("2001:db8:0:1::1")).is_none(),
            "four are all"
        );
        drop(network);
        assert!(doorway.place(ip("2001:db8:0:1::1")).is_some());
        drop(one);
        assert!(doorway.addresses.lock().unwrap().is_empty(), "addresses are not kept");
    }

    #[test]
    fn a_place_that_is_given_up_can_be_taken_again() {
        let doorway = doorway(1, 1);
        for _ in 0..3 {
            assert!(doorway.place(ip("192.0.2.1")).is_some());
        }
    }
}
