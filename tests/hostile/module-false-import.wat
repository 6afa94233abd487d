;; Imports what WASI has, with another type.
(module
  (import "wasi_snapshot_preview1" "fd_write" (func (param f64) (result f64)))
  (memory (export "memory") 1)
  (func (export "_start")))
