//! What becomes of a configuration with templates, and what is wrong with one.

use std::path::Path;

use proptest::prelude::*;

use super::super::{
    Config, load,
    tests::{good_in, wrong_in},
};

const HERE: &str = "/";

fn good(text: &str) -> Config {
    good_in(Path::new(HERE), text)
}

/// Each problem as `line key: message`.
fn wrong(text: &str) -> Vec<String> {
    wrong_in(Path::new(HERE), text)
}

fn printed(text: &str) -> String {
    load::print(text).unwrap().toml
}

/// The example of README.md.
const SYNC: &str = r#"
[template.sync]
plugin = "sync"
schedule = { every = "5m" }
vars = { region = { type = "string" }, depth = { type = "integer", default = 3 } }
args = { region = "${region}", depth = "${depth}", note = "for ${region}, ${depth} deep" }

[task.sync]
extends = "sync"
for_each = { eu = { region = "eu-west-1" }, us = { region = "us-east-1", depth = 9 } }
"#;

#[test]
fn a_task_is_made_for_each_name() {
    let expected = r#"[task.sync-eu]
plugin = "sync"
schedule = { every = "5m" }
args = { region = "eu-west-1", depth = 3, note = "for eu-west-1, 3 deep" }

[task.sync-us]
plugin = "sync"
schedule = { every = "5m" }
args = { region = "us-east-1", depth = 9, note = "for us-east-1, 9 deep" }
"#;
    assert_eq!(printed(SYNC), expected);
    assert_eq!(good(SYNC).tasks.len(), 2);
    // Written by hand it is the same.
    crate::fuzzing::config(SYNC);
}

#[test]
fn what_is_a_variable_and_nothing_else_keeps_its_type() {
    let text = r#"
[template.t.vars]
s = { type = "string" }
i = { type = "integer", default = 0x10 }
f = { type = "float", default = 2 }
b = { type = "boolean", default = true }
d = { type = "duration", default = "90s" }
l = { type = "list", default = [1, "${each}"] }
t = { type = "table", default = { deep = { er = 1 } } }
[template.t]
args = { all = ["${s}", "${i}", "${f}", "${b}", "${d}", "${l}", "${t}"], text = "${s} ${i} ${f} ${b} ${d}", plain = "$${s} $s" }
[task.a]
extends = "t"
for_each = ["x"]
vars = { s = "an ${each}" }
"#;
    let expected = r#"[task.a-x]
args = { all = ["an x", 0x10, 2, true, "90s", [1, "x"], { deep = { er = 1 } }], text = "an x 16 2 true 90s", plain = "${s} $s" }
plugin = "a"
"#;
    assert_eq!(printed(text), expected);
    assert_eq!(good(text).tasks.len(), 1);
}

#[test]
fn templates_lie_on_top_of_each_other_and_the_task_on_top_of_them() {
    let text = r#"
[template.base]
vars = { host = { type = "string", default = "a.example" }, n = { type = "integer" } }
timeout = "1s"
schedule = { every = "1m", offset = "1s" }
args = { host = "${host}", n = "${n}", kept = true }
grants = { tcp = ["${host}:443"], env = { A = "1", B = "2" } }
[template.nearer]
extends = "base"
vars = { n = { default = 1 }, own = { type = "string", default = "o" } }
schedule = { cron = "@daily" }
args = { own = "${own}" }
[task.a]
extends = "nearer"
vars = { host = "b.example" }
timeout = "2s"
args = { n = "${n}${n}" }
grants = { tcp = [], env = { B = "${host}" } }
[task.b]
extends = "base"
vars = { n = 7 }
[task.plain]
schedule = { manual = true }
args = { taken = "as it ${stands}" }
"#;
    let expected = r#"[task.a]
schedule = { cron = "@daily" }
timeout = "2s"
args = { host = "b.example", kept = true, own = "o", n = "11" }
grants = { tcp = [], env = { A = "1", B = "b.example" } }

[task.b]
timeout = "1s"
schedule = { every = "1m", offset = "1s" }
args = { host = "a.example", n = 7, kept = true }
grants = { tcp = ["a.example:443"], env = { A = "1", B = "2" } }

[task.plain]
schedule = { manual = true }
args = { taken = "as it ${stands}" }
"#;
    assert_eq!(printed(text), expected);
    assert_eq!(good(text).tasks.len(), 3);
}

#[test]
fn a_task_needs_no_template_to_be_made_for_each_name() {
    let text = "[task.b]\nfor_each = ['z', 'a']\nargs = ['${each}']\n[task.b-m]\nplugin = 'm'\n";
    let config = good(text);
    let names: Vec<_> = config.tasks.iter().map(|task| task.name.value.as_str()).collect();
    assert_eq!(names, ["b-a", "b-m", "b-z"]);
    assert_eq!(config.tasks[0].plugin.value.as_str(), "b");
    assert!(config.draft(&"b-z".parse().unwrap()).is_some());
    // None is a number of names as well.
    assert!(good("[task.b]\nfor_each = []").tasks.is_empty());
}

#[test]
fn a_template_that_nobody_extends_is_doubted() {
    let doubts = |text: &str| {
        let views = good(text).doubts().views().into_iter();
        views.map(|view| format!("{} {}: {}", view.line, view.key, view.message)).collect()
    };
    let found: Vec<String> = doubts(
        "[template.a]\n[template.b]\nextends = 'a'\n[template.c]\nextends = 'a'\n[task.t]\nextends = 'b'",
    );
    assert_eq!(found, ["4 template.c: no task extends template `c`"]);
}

#[test]
fn each_mistake_is_told_where_it_stands() {
    let template =
        "[template.t]\nvars = { v = { type = 'integer' }, l = { type = 'list', default = [] } }";
    for (text, expected) in [
        // Variables that are not there, and what stands for none.
        ("args = ['${w}']", "3 template.t.args[0]: there is no variable `w`"),
        ("args = ['a${l}']", "3 template.t.args[0]: `${l}` is a list, and can't be a part"),
        ("args = ['${v']", "3 template.t.args[0]: `${` has no `}`"),
        ("args = ['${each.key}']", "3 template.t.args[0]: `${each.key}` names no variable"),
        (
            "[task.a]\nargs = ['${v}']\nextends = 't'\nvars = { v = 1 }\nfuel = '${x}'",
            "7 task.a.fuel: there is no variable `x`",
        ),
        (
            "[task.a]\nfor_each = ['b']\nargs = ['${v}']",
            "5 task.a.args[0]: there is no variable `v`",
        ),
        // Values that are not there, too many, or of another kind.
        ("[task.a]\nextends = 't'", "4 task.a.extends: variable `v` of template `t` has no value"),
        (
            "[task.a]\nextends = 't'\nfor_each = ['x']",
            "4 task.a.extends: variable `v` of template `t` has no value",
        ),
        (
            "[task.a]\nextends = 't'\nfor_each = { x = { v = 1 }, y = {} }",
            "5 task.a.for_each.y: variable `v` of template `t` has no value",
        ),
        (
            "[task.a]\nextends = 't'\nvars = { v = 1, w = 2 }",
            "5 task.a.vars.w: template `t` has no variable `w`",
        ),
        ("[task.a]\nextends = 't'\nvars.v = '1'", "5 task.a.vars.v: this is a text"),
        ("[task.a]\nextends = 't'\nvars = 3", "5 task.a.vars: this is a whole number"),
        (
            "[task.a]\nextends = 't'\nvars = { v = 99999999999999999999 }",
            "5 task.a.vars.v: 99999999999999999999 is out of range",
        ),
        (
            "[task.a]\nextends = 't'\nvars = { v = 1, l = ['${v}'] }",
            "5 task.a.vars.l[0]: `${v}` can't be in the value of a variable",
        ),
        (
            "[task.a]\nextends = 't'\nvars = { v = 1, l = ['${each}'] }",
            "5 task.a.vars.l: there is no `${each}`: `[task.a]` has no",
        ),
        (
            "args = ['${each}']\n[task.a]\nextends = 't'\nvars.v = 1",
            "3 task.a.args: there is no `${each}`: `[task.a]` has no",
        ),
        ("[task.a]\nvars = { v = 1 }", "4 task.a.vars.v: nothing declares a variable `v`"),
        // Names and what they are for.
        ("[task.a]\nextends = 'tt'", "4 task.a.extends: there is no template `tt`"),
        ("[task.a]\nextends = ['t']", "4 task.a.extends: this is a list"),
        ("[task.a]\nfor_each = 'b'", "4 task.a.for_each: this is a text"),
        ("[task.a]\nfor_each = [1]", "4 task.a.for_each[0]: this is a whole number"),
        ("[task.a]\nfor_each = { b = 1 }", "4 task.a.for_each.b: this is a whole number"),
        ("[task.a]\nfor_each = ['b c']", "4 task.a-b c: \"a-b c\" is no name"),
        (
            "[task.a]\nfor_each = ['b', 'b']",
            "4 task.a-b: `for_each` makes a task `a-b`, and there is another one in line 4",
        ),
        (
            "[task.a-b]\n[task.a]\nfor_each = ['b']",
            "5 task.a-b: `for_each` makes a task `a-b`, and there is another one in line 3",
        ),
        // Templates themselves.
        ("fuell = 1", "3 template.t.fuell: there is no such key"),
        ("for_each = ['a']", "3 template.t.for_each: there is no such key"),
        ("[template.u]\nextends = 'w'", "4 template.u.extends: there is no template `w`"),
        ("[template.u]\nvars.a = 'string'", "4 template.u.vars.a: this is a text"),
        ("[template.u]\nvars.a = {}", "4 template.u.vars.a: variable `a` has no type"),
        (
            "[template.u]\nvars.a = { type = 'number' }",
            "4 template.u.vars.a.type: \"number\" is not one of the words",
        ),
        (
            "[template.u]\nvars.a = { type = 'duration', default = 'soon' }",
            "4 template.u.vars.a.default: \"soon\" is not a length of time",
        ),
        (
            "[template.u]\nvars.a = { type = 'string', defualt = 1 }",
            "4 template.u.vars.a.defualt: there is no such key",
        ),
        (
            "[template.u]\nvars.each = { type = 'string' }",
            "4 template.u.vars.each: `${each}` is the name",
        ),
        (
            "[template.u]\nvars.'a b' = { type = 'string' }",
            "4 template.u.vars.a b: \"a b\" can't be a variable's name",
        ),
        ("[template.u]\nvars = []", "4 template.u.vars: this is a list"),
        (
            "[template.u]\nextends = 't'\nvars.v = { type = 'string' }",
            "5 template.u.vars.v.type: this is a string, and template.t.vars.v.type has an integer of this name",
        ),
        (
            "[template.u]\nextends = 't'\nvars.v = { default = 'a' }",
            "5 template.u.vars.v.default: this is a text",
        ),
        (
            "[template.u]\nextends = 'w'\n[template.w]\nextends = 'u'",
            "4 template.u.extends: it extends itself: `u` → `w` → `u`",
        ),
    ] {
        let problems = wrong(&format!("{template}\n{text}"));
        assert_eq!(problems.len(), 1, "{text}: {problems:#?}");
        assert!(problems[0].starts_with(expected), "{text}: {:?}", problems[0]);
    }
    assert_eq!(wrong("template = []")[0], "1 template: this is a list");
    assert_eq!(wrong("template.t = 1")[0], "1 template.t: this is a whole number");
}

#[test]
fn what_shows_only_in_a_task_is_told_where_the_template_has_it() {
    let text = SYNC.replace("\"5m\"", "\"5 parsecs\"").replace("plugin =", "timeout = 3\nplugin =");
    let problems = wrong(&text);
    let expected = [
        "3 task.sync-eu.timeout: this is a whole number (and in 1 more task)",
        "5 task.sync-eu.schedule.every: \"5 parsecs\" is not a length of time (and in 1 more task)",
    ];
    assert_eq!(problems, expected);

    // Whatever it was given, and each value by itself.
    let problems = wrong(&SYNC.replace("5m", "${region}"));
    let expected = [
        "4 task.sync-eu.schedule.every: \"eu-west-1\" is not a length of time",
        "4 task.sync-us.schedule.every: \"us-east-1\" is not a length of time",
    ];
    assert_eq!(problems, expected);
}

#[test]
fn everything_that_is_wrong_is_told_at_once() {
    let problems = wrong(
        "[template.t]
extends = 'u'
vars = { v = { type = 'integer' }, w = { type = 'list', default = 1 } }
[template.u]
args = ['${no}']
[task.a]
extends = 't'
timeout = 'soon'
for_each = { b = {}, c = { v = 'x' }, d = { v = 1, z = 1 } }
fuel = '${what}'
[task.e]
priority = 1000
",
    );
    let expected = [
        "3 template.t.vars.w.default: this is a whole number",
        "5 template.u.args[0]: there is no variable `no`",
        "8 task.a-b.timeout: \"soon\" is not a length of time (and in 2 more tasks)",
        "9 task.a.for_each.b: variable `v` of template `t` has no value",
        "9 task.a.for_each.c.v: this is a text",
        "9 task.a.for_each.d.z: template `t` has no variable `z`",
        "10 task.a.fuel: there is no variable `what`",
        "12 task.e.priority: 1000 is out of range",
    ];
    assert_eq!(problems, expected);
}

#[test]
fn a_chain_of_templates_has_an_end() {
    let chain = |count: usize| {
        let link = |n: usize| format!("[template.t{n}]\nextends = 't{}'\n", n + 1);
        let links: String = (1..count).map(link).collect();
        format!("{links}[template.t{count}]\ntimeout = '9s'\n[task.a]\nextends = 't1'\n")
    };
    assert_eq!(good(&chain(16)).tasks.len(), 1);
    let problems = wrong(&chain(17));
    assert_eq!(problems, ["2 template.t1.extends: more than 16 templates extend each other"]);
    assert_eq!(wrong(&chain(40)).len(), 1);
    // All that lead into a circle hear of it once.
    let circle = "[template.b]\nextends='c'\n[template.c]\nextends='b'\n[template.a]\nextends='b'\n[task.t]\nextends='a'";
    assert_eq!(wrong(circle), ["2 template.b.extends: it extends itself: `b` → `c` → `b`"]);
}

#[test]
fn a_file_makes_no_more_than_it_may() {
    let names: Vec<_> = (0..=100_000).map(|n| format!("'{n}'")).collect();
    let problems = wrong(&format!("[task.a]\nfor_each = [{}]", names.join(",")));
    assert_eq!(problems, ["2 task.a.for_each[100000]: `for_each` makes more than 100000 tasks"]);

    // 64 KiB of text for each of 2,000 names, or for each of as many tasks.
    let long = "x".repeat(64 << 10);
    let template = format!("[template.t]\nargs = ['{long}']\n");
    let names = names.get(..2_000).unwrap().join(",");
    let problems = wrong(&format!("{template}[task.a]\nextends = 't'\nfor_each = [{names}]"));
    assert_eq!(problems.len(), 1);
    assert!(problems[0].starts_with("5 task.a.for_each["), "{problems:?}");
    assert!(problems[0].ends_with("templates make more than 67108864 bytes of this file"));
    let tasks: String = (0..2_000).map(|n| format!("task.a{n}.extends = 't'\n")).collect();
    assert_eq!(wrong(&format!("{tasks}{template}")).len(), 1);
    // Or by way of a variable, or of one in another one's place again and again.
    let vars = format!("[template.t]\nvars.v = {{ type = 'string', default = '{long}' }}\n");
    let many = "${v}".repeat(2_000);
    assert_eq!(wrong(&format!("{vars}args = ['{many}']\n[task.a]\nextends = 't'")).len(), 1);
    let many = "'${v}',".repeat(2_000);
    assert_eq!(wrong(&format!("{vars}args = [{many}]\n[task.a]\nextends = 't'")).len(), 1);
}

/// A text of a task or template, as TOML.
fn any_text() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "'plain'",
        "'${s}'",
        "'${s} and ${i}, ${b}'",
        "'$${s} $ $$'",
        r#""a\"\\\n\u202e${s}""#,
        "'${l}'",
        "'${t}'",
        "'${f}'",
        "['${i}', { s = '${s}', 'odd key' = 0x1f }]",
        "2026-12-01T03:00:00Z",
    ])
}

/// Keys of a task or a template, all sound.
fn any_keys() -> impl Strategy<Value = String> {
    let args = prop::collection::btree_map("[a-c]", any_text(), 0..3);
    let other = prop::sample::subsequence(
        vec![
            "timeout = '${d}'",
            "timeout = '7s'",
            "priority = '${i}'",
            "retry.max_attempts = '${i}'",
            "retry.delay = '${d}'",
            "schedule = { every = '${d}', offset = '0s' }",
            "schedule.cron = '@daily'",
            "grants.env.A = '${s}'",
            "grants.env.B = '${b}.'",
            "grants.tcp = ['10.0.0.1:${i}']",
        ],
        0..5,
    );
    (args, other).prop_map(|(args, other)| {
        let args = args.into_iter().map(|(name, text)| format!("args.{name} = {text}"));
        let mut known = std::collections::BTreeSet::new();
        // Of two that exclude each other, the first.
        let other = other.into_iter().filter(|key| {
            let name = key.split(" =").next().unwrap();
            known.insert(if name.starts_with("schedule") { "schedule" } else { name })
        });
        args.chain(other.map(str::to_owned)).collect::<Vec<_>>().join("\n")
    })
}

/// Values of variables, as the members of a table.
fn any_values() -> impl Strategy<Value = String> {
    let values = vec![
        "s = 'x'",
        "s = '$${ \\ }'",
        "i = 5",
        "f = -1.5e3",
        "b = false",
        "d = '90s'",
        "l = [[], {}]",
        "t = { deep = { er = '$${' } }",
    ];
    prop::sample::subsequence(values, 0..8).prop_map(|values| {
        let mut known = std::collections::BTreeSet::new();
        let values = values.into_iter().filter(|value| known.insert(value.chars().next()));
        values.collect::<Vec<_>>().join(", ")
    })
}

const VARIABLES: &str = "
vars.s = { type = 'string', default = 'word' }
vars.i = { type = 'integer', default = 3 }
vars.f = { type = 'float', default = 2 }
vars.b = { type = 'boolean', default = true }
vars.d = { type = 'duration', default = '5m' }
vars.l = { type = 'list', default = [1, { a = 2 }] }
vars.t = { type = 'table', default = { a = 1 } }
";

proptest! {
    #[test]
    fn what_is_made_is_the_same_when_it_is_written_by_hand(
        templates in prop::collection::vec(any_keys(), 3),
        tasks in prop::collection::vec(
            (any_keys(), 0..3_usize, any_values(), prop::collection::btree_map("[a-z0-9]{1,2}", any_values(), 0..3), any::<bool>()),
            1..4,
        ),
    ) {
        let mut text = String::from("[defaults]\nfuel = 7\n");
        for (n, keys) in templates.iter().enumerate() {
            let head = if n == 0 { VARIABLES.to_owned() } else { format!("extends = 't{}'\n", n - 1) };
            text += &format!("[template.t{n}]\n{head}{keys}\n");
        }
        for (n, (keys, base, values, items, is_one)) in tasks.iter().enumerate() {
            text += &format!("[task.x{n}]\n{keys}\nextends = 't{base}'\nvars = {{ {values} }}\n");
            if !is_one {
                let items = items.iter().map(|(name, values)| format!("{name} = {{ {values} }}"));
                text += &format!("for_each = {{ {} }}\n", items.collect::<Vec<_>>().join(", "));
            }
        }
        let made = tasks.iter().map(|task| if task.4 { 1 } else { task.3.len() }).sum::<usize>();
        prop_assert_eq!(good(&text).tasks.len(), made);
        crate::fuzzing::config(&text);
    }
}
