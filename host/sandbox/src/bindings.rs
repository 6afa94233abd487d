//! The plugin contract as wasmtime sees it, generated from `wit/`.

wasmtime::component::bindgen!({
    path: "../../wit",
    world: "horarium:task/plugin",
    imports: { "horarium:task/state": async | trappable, "horarium:task/tasks": async },
    exports: { default: async },
});
