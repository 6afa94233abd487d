;; Writes 134 million pieces that lie outside of its memory.
(module
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "_start")
    (drop (call $write
      (i32.const 1) (i32.const 0xfff0) (i32.const 0x08000000) (i32.const 0xfffffff0)))
    (unreachable)))
