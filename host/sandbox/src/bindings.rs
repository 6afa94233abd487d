//! The plugin contract as wasmtime sees it, generated from `wit/`.

wasmtime::component::bindgen!({
    path: "../../wit",
    world: "horarium:task/plugin",
    imports: {
        "horarium:task/checkpoint": async | trappable,
        "horarium:task/state": async | trappable,
        "horarium:task/tasks": async,
    },
    exports: { default: async },
});

/// What a plugin exports that decides about its own restarts.
pub(crate) mod restarting {
    wasmtime::component::bindgen!({
        path: "../../wit",
        world: "horarium:task/restarting",
        exports: { default: async },
        with: { "horarium:task/types": super::horarium::task::types },
    });
}
