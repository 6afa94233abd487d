//! One task function for each way in which a run can go wrong. None of them does
//! harm: that is what the limits are for.

mod crash;
mod hoard;
mod refuse;
mod sleep;
mod spin;

#[cfg(test)]
mod tests {
    use horarium_sdk::{plugin, serde_json::Value};

    #[test]
    fn every_function_suggests_limits_to_run_into() {
        let functions = plugin::functions();
        let names: Vec<_> = functions.iter().map(|f| f.name.as_str()).collect();
        assert_eq!(names, ["crash", "hoard", "refuse", "sleep", "spin"]);

        let suggested = |name: &str, key: &str| {
            let function = functions.iter().find(|f| f.name == name).unwrap();
            let defaults: Value = function.defaults.as_ref().unwrap().parse().unwrap();
            defaults[key].clone()
        };
        assert_eq!(suggested("spin", "fuel"), 50_000_000);
        assert_eq!(suggested("hoard", "memory"), "8MiB");
        assert_eq!(suggested("sleep", "timeout"), "1s");
    }
}
