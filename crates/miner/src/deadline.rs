//! The caller's own deadline, which may be sooner than the miner's.

use std::time::Duration;

use axum::{extract::Request, http::HeaderMap, response::Response};
use subnetkit_protocol::TIMEOUT_MS;
use tokio::time::Instant;

use crate::{
    proven::{Proven, proven},
    rejection::{Outcome, Rejection},
    step::{Next, Step},
};

/// When the request's head was there: what the caller's time counts from.
#[derive(Clone, Copy)]
pub(crate) struct Arrived(pub(crate) Instant);

/// Whoever waits no longer than a moment gets the slot, the handler and the axon's time no longer than that.
pub(crate) struct HeedCaller;

impl Step for HeedCaller {
    async fn pass(&self, mut request: Request, next: impl Next) -> Result<Response, Rejection> {
        heed(&mut request)?;
        Ok(next.run(request).await)
    }
}

fn heed(request: &mut Request) -> Result<(), Rejection> {
    if let Some(timeout) = asked(request.headers())? {
        let proven = proven(request)?;
        let now = Instant::now();
        let arrived = request.extensions().get::<Arrived>().map_or(now, |arrived| arrived.0);
        // Beyond what an instant can hold there is no deadline to heed.
        let wanted = arrived.checked_add(timeout).unwrap_or(proven.deadline);
        if wanted <= now {
            let message = "the caller's deadline had passed before the work could begin";
            return Err(Rejection::new(Outcome::TimedOut, message));
        }
        request.extensions_mut().insert(Proven { deadline: proven.deadline.min(wanted), ..proven });
    }
    Ok(())
}

fn asked(headers: &HeaderMap) -> Result<Option<Duration>, Rejection> {
    let mut values = headers.get_all(TIMEOUT_MS).iter();
    let (first, second) = (values.next(), values.next());
    let Some(value) = first else { return Ok(None) };
    let digits = value.to_str().ok().filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()));
    match digits.and_then(|digits| digits.parse().ok()) {
        Some(milliseconds) if second.is_none() => Ok(Some(Duration::from_millis(milliseconds))),
        _ => {
            let message = format!("{TIMEOUT_MS} has to be one number of milliseconds in decimal digits");
            Err(Rejection::new(Outcome::MalformedHeader, message))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_deadline_is_one_plain_number() {
        let of = |values: &[&'static str]| {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(TIMEOUT_MS, value.parse().unwrap());
            }
            asked(&headers).map_err(|_| ())
        };
        assert_eq!(of(&[]), Ok(None));
        assert_eq!(of(&["1500"]), Ok(Some(Duration::from_millis(1500))));
        assert_eq!(of(&["18446744073709551615"]), Ok(Some(Duration::from_millis(u64::MAX))));
        for bad in [&[""][..], &["18446744073709551616"], &["1.5"], &["+1"], &["-1"], &["1s"], &["1", "1"]] {
            assert_eq!(of(bad), Err(()), "{bad:?}");
        }
    }
}
