;; Says of its type what makes no sense.
(module

  (memory (export "memory") 1)
  (func (export "_start"))
  (@custom "component-type:x" "\00asm\0d\00\01\00\07\ff\ff\ff\ff\0f"))
