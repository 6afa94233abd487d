;; Computes for ever when it cleans up after it has returned.
(component
  (core module $m
    (memory (export "memory") 1)
    (func (export "run") (result i32) (i32.const 16))
    (func (export "done") (param i32) (loop (br 0))))
  (core instance $i (instantiate $m))
  (func (export "run") (result string)
    (canon lift (core func $i "run") (memory (core memory $i "memory"))
      (post-return (core func $i "done")))))
