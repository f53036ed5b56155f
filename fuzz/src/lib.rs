//! The form in which the targets take a message: text as it would be on the wire, so that a corpus can be read, written and
//! mutated line by line.

/// A first line of words, headers, an empty line, a body.
#[derive(Clone, Debug)]
pub struct Message<'a> {
    /// The first line.
    pub words: Vec<&'a str>,
    /// Names and values.
    pub headers: Vec<(&'a str, &'a [u8])>,
    /// The rest.
    pub body: &'a [u8],
}

impl<'a> Message<'a> {
    /// `None` where the first line or a name is not text, or a header has no colon.
    pub fn read(data: &'a [u8]) -> Option<Self> {
        let mut rest = data;
        let words = std::str::from_utf8(line(&mut rest)?).ok()?.split(' ').collect();
        let mut headers = Vec::new();
        while let Some(header) = line(&mut rest).filter(|header| !header.is_empty()) {
            let colon = header.iter().position(|byte| *byte == b':')?;
            let (name, value) = header.split_at(colon);
            headers.push((std::str::from_utf8(name).ok()?, value[1..].trim_ascii()));
        }
        Some(Self { words, headers, body: rest })
    }

    /// The value of a header, whatever the case of its name.
    pub fn header(&self, name: &str) -> Option<&'a [u8]> {
        self.headers.iter().find(|(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| *value)
    }

    /// The headers with one of them twice.
    pub fn doubled(&self, name: &str) -> Vec<(&'a str, &'a [u8])> {
        let again = self.headers.iter().copied().filter(|(other, _)| other.eq_ignore_ascii_case(name));
        self.headers.iter().copied().chain(again).collect()
    }
}

/// The next line, without its end.
fn line<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    if rest.is_empty() {
        return None;
    }
    let end = rest.iter().position(|byte| *byte == b'\n');
    let (line, after) = match end {
        Some(end) => (&rest[..end], &rest[end + 1..]),
        None => (*rest, &[][..]),
    };
    *rest = after;
    Some(line)
}
