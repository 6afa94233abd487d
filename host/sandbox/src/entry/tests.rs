//! JSON and WIT values, both ways, against the schema that speaks for them.

use proptest::{collection::vec, prelude::*};
use serde_json::{Value, json};
use wasmtime::component::Val;

use super::{
    arguments::{Handles, values},
    output::{Output, Unwritten},
    schema,
    shape::{Case, Field, Integer, Shape},
};

const INTEGERS: [Integer; 8] = [
    Integer::S8,
    Integer::U8,
    Integer::S16,
    Integer::U16,
    Integer::S32,
    Integer::U32,
    Integer::S64,
    Integer::U64,
];

fn only(shape: Shape) -> [Field; 1] {
    [Field { name: "it".to_owned(), shape }]
}

fn read(shape: &Shape, value: &Value) -> Result<Val, String> {
    let args = json!({ "it": value });
    let params = only(shape.clone());
    match values(&params, &args, &mut Handles::Wanted(Vec::new())) {
        Ok(mut values) => Ok(values.remove(0)),
        Err(misfit) => Err(misfit.to_string()),
    }
}

fn written(shape: &Shape, val: &Val) -> Value {
    let mut output = Output::new(usize::MAX);
    output.value(shape, val).unwrap();
    serde_json::from_str(&output.into_text()).unwrap()
}

/// Whether `horarium check` has nothing to say about it.
fn is_allowed(shape: &Shape, value: &Value) -> bool {
    let schema = schema::of(&only(shape.clone())).unwrap();
    let options = jsonschema::options().with_pattern_options(jsonschema::PatternOptions::regex());
    options.build(&schema).unwrap().is_valid(&json!({ "it": value }))
}

fn names(least: usize) -> impl Strategy<Value = Vec<String>> {
    prop::sample::subsequence(vec!["a", "b-c", "some", "ok", "d"], least..=5)
        .prop_map(|names| names.into_iter().map(str::to_owned).collect())
}

fn shapes() -> impl Strategy<Value = Shape> {
    let leaf = prop_oneof![
        Just(Shape::Bool),
        prop::sample::select(INTEGERS.to_vec()).prop_map(Shape::Integer),
        Just(Shape::Float32),
        Just(Shape::Float64),
        Just(Shape::Char),
        Just(Shape::String),
        names(1).prop_map(Shape::Enum),
        names(1).prop_map(Shape::Flags),
    ];
    leaf.prop_recursive(4, 24, 5, |inner| {
        let boxed = |shape: Option<Shape>| shape.map(Box::new);
        let maybe = prop::option::of(inner.clone());
        prop_oneof![
            inner.clone().prop_map(|item| Shape::List(Box::new(item))),
            vec(inner.clone(), 1..4).prop_map(Shape::Tuple),
            (names(1), vec(inner.clone(), 5)).prop_map(|(names, shapes)| Shape::Record(
                names.into_iter().zip(shapes).map(|(name, shape)| Field { name, shape }).collect()
            )),
            (names(1), vec(maybe.clone(), 5)).prop_map(|(names, shapes)| Shape::Variant(
                names.into_iter().zip(shapes).map(|(name, shape)| Case { name, shape }).collect()
            )),
            inner.prop_map(|inner| Shape::Option(Box::new(inner))),
            (maybe.clone(), maybe)
                .prop_map(move |(ok, err)| Shape::Result { ok: boxed(ok), err: boxed(err) }),
        ]
    })
}

/// Splitmix64: values that depend on a shape are drawn by hand.
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.roll() % u64::try_from(end).unwrap()).unwrap()
    }

    fn pick<'a, T>(&mut self, list: &'a [T]) -> &'a T {
        &list[self.below(list.len())]
    }
}

/// A value of this shape, as it would be written.
fn fitting(shape: &Shape, dice: &mut Dice) -> Value {
    match shape {
        Shape::Bool => json!(dice.below(2) == 0),
        Shape::Integer(kind) => {
            let (least, greatest) = kind.range();
            let drawn = least + i128::from(dice.roll()) % (greatest - least + 1);
            let drawn = *dice.pick(&[least, greatest, drawn]);
            i64::try_from(drawn).map_or_else(|_| json!(u64::try_from(drawn).unwrap()), |n| json!(n))
        }
        Shape::Float32 => {
            let drawn = f32::from_bits(u32::try_from(dice.roll() >> 32).unwrap());
            float(serde_json::to_string(&drawn).unwrap(), drawn.into())
        }
        Shape::Float64 => {
            let drawn = f64::from_bits(dice.roll());
            float(serde_json::to_string(&drawn).unwrap(), drawn)
        }
        Shape::Char => json!(dice.pick(&["x", "é", "\u{10ffff}", "\0", "\u{301}"])),
        Shape::String => json!(dice.pick(&["", "two words", "\u{202e}\"\\\n", "漢字"])),
        Shape::List(item) => (0..dice.below(3)).map(|_| fitting(item, dice)).collect(),
        Shape::Tuple(items) => items.iter().map(|item| fitting(item, dice)).collect(),
        Shape::Record(fields) => {
            fields.iter().map(|field| (field.name.clone(), fitting(&field.shape, dice))).collect()
        }
        Shape::Variant(cases) => {
            let Case { name, shape } = dice.pick(cases);
            case(name, shape.as_ref(), dice)
        }
        Shape::Enum(names) => json!(dice.pick(names)),
        Shape::Option(_) if dice.below(3) == 0 => Value::Null,
        Shape::Option(inner) if inner.is_option() => case("some", Some(inner), dice),
        Shape::Option(inner) => fitting(inner, dice),
        Shape::Result { ok, err } => match dice.below(2) {
            0 => case("ok", ok.as_deref(), dice),
            _ => case("err", err.as_deref(), dice),
        },
        Shape::Flags(names) => {
            names.iter().filter(|_| dice.below(2) == 0).map(|name| json!(name)).collect()
        }
        Shape::Resource(_) => unreachable!("none are drawn"),
    }
}

fn float(text: String, number: f64) -> Value {
    match number {
        _ if number.is_nan() => json!("nan"),
        f64::INFINITY => json!("inf"),
        f64::NEG_INFINITY => json!("-inf"),
        _ => text.parse().unwrap(),
    }
}

fn case(name: &str, shape: Option<&Shape>, dice: &mut Dice) -> Value {
    match shape {
        Some(shape) => json!({ name: fitting(shape, dice) }),
        None => json!(name),
    }
}

/// Changes one thing somewhere in a value.
fn spoil(value: &mut Value, dice: &mut Dice) {
    let deeper = dice.below(4) > 0;
    match value {
        Value::Array(items) if deeper && !items.is_empty() => {
            let at = dice.below(items.len());
            spoil(&mut items[at], dice);
        }
        Value::Object(members) if deeper && !members.is_empty() => {
            let at = dice.below(members.len());
            spoil(members.values_mut().nth(at).unwrap(), dice);
        }
        Value::Array(items) if dice.below(2) == 0 => match items.pop() {
            Some(item) if dice.below(2) == 0 => items.extend([item.clone(), item]),
            _ => {}
        },
        Value::Object(members) if dice.below(2) == 0 => {
            let name = (*dice.pick(&["a", "b-c", "some", "other"])).to_owned();
            if members.remove(&name).is_none() {
                members.insert(name, Value::Null);
            }
        }
        _ => *value = dice.pick(&odd()).clone(),
    }
}

fn odd() -> Vec<Value> {
    let numbers = ["0", "-1", "127", "128", "-129", "256", "65536", "-2147483649", "4294967296"];
    let wide = ["9223372036854775807", "18446744073709551615", "18446744073709551616", "-1e30"];
    let fractions = ["1.0", "1.5", "-0.0", "3.5e38", "-3.4028235e38", "1e-400"];
    let texts = ["", "x", "ab", "a", "ok", "err", "some", "nan", "-inf", "Inf"];
    let decimals =
        ["0", "007", "-0", "+1", "9", "18446744073709551615", "18446744073709551616", "99"];
    let json = numbers.into_iter().chain(wide).chain(fractions).map(|text| text.parse().unwrap());
    let texts = texts.into_iter().chain(decimals).map(Value::from);
    let rest = [json!(null), json!(true), json!([]), json!({}), json!([1]), json!({ "some": 1 })];
    json.chain(texts).chain(rest).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    /// There and back, nothing changes, and the schema agrees.
    #[test]
    fn what_is_written_is_what_was_read(shape in shapes(), seed in any::<u64>()) {
        let value = fitting(&shape, &mut Dice(seed));
        let val = read(&shape, &value).map_err(TestCaseError::fail)?;
        prop_assert_eq!(written(&shape, &val), value.clone());
        prop_assert!(is_allowed(&shape, &value), "{} is refused for {}", value, shape);
    }

    /// Exactly what the schema refuses is refused at a call.
    #[test]
    fn the_schema_speaks_for_the_conversion(shape in shapes(), seed in any::<u64>()) {
        let mut dice = Dice(seed);
        let mut value = fitting(&shape, &mut dice);
        for _ in 0..3 {
            spoil(&mut value, &mut dice);
            let read = read(&shape, &value);
            prop_assert_eq!(
                read.is_ok(), is_allowed(&shape, &value),
                "{} for {}: {:?}", value, shape, read
            );
        }
    }
}

#[test]
fn misfits_have_their_place_and_a_way_out() {
    let day = Shape::Record(vec![
        Field { name: "year".to_owned(), shape: Shape::Integer(Integer::U16) },
        Field { name: "tags".to_owned(), shape: Shape::List(Box::new(Shape::Char)) },
        Field { name: "note".to_owned(), shape: Shape::Option(Box::new(Shape::String)) },
    ]);
    for (value, wanted) in [
        (
            json!({ "year": 70_000, "tags": [] }),
            "at /it/year: this wants a whole number from 0 to 65535, not 70000",
        ),
        (
            json!({ "year": 1, "tags": ["a", "bc"] }),
            "at /it/tags/1: this wants a text of one character, not \"bc\"",
        ),
        (json!({ "year": 1 }), "at /it: `tags` is missing"),
        (json!({ "year": 1, "tags": [], "day": 1 }), "at /it: there is no `day`"),
        (json!("today"), "at /it: this wants an object, not \"today\""),
    ] {
        assert_eq!(read(&day, &value).unwrap_err(), wanted);
    }
    assert!(read(&day, &json!({ "year": 1.0, "tags": [] })).is_ok(), "an option may be missing");
    let cases = Shape::Result { ok: None, err: Some(Box::new(Shape::String)) };
    let error = read(&cases, &json!("err")).unwrap_err();
    assert_eq!(error, "at /it: this wants \"ok\" or {\"err\": …}, not \"err\"");
}

#[test]
fn some_none_is_not_none() {
    let twice = Shape::Option(Box::new(Shape::Option(Box::new(Shape::Bool))));
    let none = read(&twice, &json!(null)).unwrap();
    let some_none = read(&twice, &json!({ "some": null })).unwrap();
    assert_eq!(none, Val::Option(None));
    assert_eq!(some_none, Val::Option(Some(Box::new(Val::Option(None)))));
    assert!(read(&twice, &json!(true)).is_err(), "it is {{\"some\": true}}");
}

#[test]
fn output_ends_at_its_limit() {
    let bytes = Shape::List(Box::new(Shape::String));
    let val = Val::List(vec![Val::String("\u{1}é".repeat(10)); 3]);
    let whole = 3 * (2 + 10 * 8) + 4;
    for limit in 0..whole {
        let mut output = Output::new(limit);
        assert_eq!(output.value(&bytes, &val), Err(Unwritten::TooLong));
        assert!(output.into_text().len() <= limit);
    }
    let mut output = Output::new(whole);
    assert_eq!(output.value(&bytes, &val), Ok(()));
}
