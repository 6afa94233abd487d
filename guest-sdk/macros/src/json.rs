//! Just enough JSON to write a task's suggested configuration, so that plugins
//! need not build a JSON library for their compiler as well.

/// An object, written key by key.
#[derive(Default)]
pub(crate) struct Object(String);

impl Object {
    pub(crate) fn text(self, key: &str, value: &str) -> Self {
        self.raw(key, &quoted(value))
    }

    /// `value` is JSON already.
    pub(crate) fn raw(mut self, key: &str, value: &str) -> Self {
        if !self.0.is_empty() {
            self.0.push(',');
        }
        self.0.push_str(&quoted(key));
        self.0.push(':');
        self.0.push_str(value);
        self
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn build(self) -> String {
        format!("{{{}}}", self.0)
    }
}

fn quoted(text: &str) -> String {
    let mut json = String::from('"');
    for character in text.chars() {
        match character {
            '"' | '\\' => json.extend(['\\', character]),
            c if c.is_control() => json.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => json.push(c),
        }
    }
    json.push('"');
    json
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_separated_and_text_is_escaped() {
        let object = Object::default().raw("n", "3").text("a \"b\"", "c\\\n").build();
        assert_eq!(object, r#"{"n":3,"a \"b\"":"c\\\u000a"}"#);
        assert_eq!(Object::default().build(), "{}");
    }
}
