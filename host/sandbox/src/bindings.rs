//! The plugin contract as wasmtime sees it, generated from `wit/`.

wasmtime::component::bindgen!({
    path: "../../wit",
    world: "horarium:task/plugin",
    exports: { default: async },
});
