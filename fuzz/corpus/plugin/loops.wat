(component
  (core module $m
    (memory (export "memory") 1)
    (func (export "run") (param i32) (result i32)
      (local i64)
      (loop $a (loop $b (br_if $a (local.get 0)) (br_if $b (i32.eqz (local.get 0)))))
      (local.get 0)))
  (core instance $i (instantiate $m))
  (func (export "run") (param "n" u32) (result u32) (canon lift (core func $i "run"))))
