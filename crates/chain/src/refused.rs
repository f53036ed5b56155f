//! Endpoints that turn a program away by policy: it asks too often, or is not welcome. Going on asking makes it worse.

use std::time::Duration;
use subxt::{
    ext::jsonrpsee::{
        client_transport::ws::{WsError, WsHandshakeError},
        core::client::Error as ClientError,
    },
    rpcs,
};

/// JSON-RPC codes for "not available to you" and "over the limit".
const CODES: [i32; 2] = [-32_004, -32_005];

/// HTTP states of a handshake for "forbidden", "too many requests" and "overloaded".
const STATES: [u16; 3] = [403, 429, 503];

/// WebSocket's code for "against the policy".
const CLOSED_BY_POLICY: u16 = 1008;

/// An endpoint turned this program away.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refused {
    /// What it said.
    pub(crate) reason: String,
    /// For how long, if it said that.
    pub(crate) pause: Option<Duration>,
}

impl Refused {
    fn new(reason: String) -> Self {
        Self { reason, pause: None }
    }

    pub(crate) fn by_code(code: i32, message: &str) -> Option<Self> {
        CODES.contains(&code).then(|| Self::new(format!("{message}, code {code}")))
    }

    /// A handshake, or a connection that ended.
    pub(crate) fn by_transport(error: &ClientError) -> Option<Self> {
        let cause = match error {
            ClientError::RestartNeeded(error) => return Self::by_transport(error),
            ClientError::Call(error) => return Self::by_code(error.code(), error.message()),
            ClientError::Transport(cause) => cause,
            _ => return None,
        };
        if let Some(WsHandshakeError::Rejected { status_code }) = cause.downcast_ref() {
            return STATES
                .contains(status_code)
                .then(|| Self::new(format!("HTTP status {status_code} at the handshake")));
        }
        match cause.downcast_ref() {
            Some(WsError::Closed(reason)) if reason.code == CLOSED_BY_POLICY => {
                let said = reason.descr.as_deref().map(|said| format!(": {said}")).unwrap_or_default();
                Some(Self::new(format!("WebSocket closed with code {CLOSED_BY_POLICY}{said}")))
            }
            _ => None,
        }
    }

    /// The answer to a request.
    pub(crate) fn by_answer(error: &rpcs::Error) -> Option<Self> {
        match error {
            rpcs::Error::User(error) => Self::by_code(error.code, &error.message),
            rpcs::Error::Client(error) => error.downcast_ref().and_then(Self::by_transport),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    #[test]
    fn refusals_by_policy_are_told_from_other_errors() {
        assert!(Refused::by_code(-32_005, "slow down").unwrap().reason.contains("slow down"));
        assert!(Refused::by_code(-32_004, "").is_some());
        assert_eq!(Refused::by_code(-32_601, "no such method"), None);
        let handshake = |status_code| {
            let error = WsHandshakeError::Rejected { status_code };
            Refused::by_transport(&ClientError::Transport(error.into()))
        };
        assert!(handshake(429).unwrap().reason.contains("429"));
        assert!(handshake(403).is_some() && handshake(503).is_some());
        assert_eq!(handshake(404), None);
        let broken = ClientError::Transport("reset".into());
        assert_eq!(Refused::by_transport(&ClientError::RestartNeeded(Arc::new(broken))), None);
    }
}
