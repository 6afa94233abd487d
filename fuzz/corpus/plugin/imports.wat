(component
  (import "wasi:random/random@0.2.0" (instance $r (export "get-random-u64" (func (result u64)))))
  (core func $f (canon lower (func $r "get-random-u64")))
  (core module $m (import "" "f" (func (result i64))) (func (export "f") (result i64) call 0))
  (core instance $i (instantiate $m (with "" (instance (export "f" (func $f))))))
  (func (export "acme") (result u64) (canon lift (core func $i "f"))))
