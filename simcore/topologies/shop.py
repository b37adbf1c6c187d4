"""The nine services of the shop."""

from simcore.topologies.topology import Call, Part, Topology

SHOP = Topology(
    name="shop",
    nominal_rps=100.0,
    parts=(
        Part("frontend-bff", "node", work_ms=6.0, cpu_cores=0.8, memory_mb=256.0, heap_mb=120.0),
        Part(
            "api-gateway", "go", replicas=3, work_ms=4.0, cpu_cores=0.4, memory_mb=512.0, heap_mb=210.0,
            rate_limit_rps=60.0,
        ),
        Part("order-service", "java", work_ms=12.0, cpu_cores=0.75, memory_mb=512.0, heap_mb=260.0),
        Part(
            "payment-service", "java", work_ms=16.0, cpu_cores=0.8, memory_mb=512.0, heap_mb=270.0,
            outside="api.card-network.example", outside_share=0.5,
        ),
        Part("inventory-service", "java", work_ms=9.0, cpu_cores=0.6, memory_mb=512.0, heap_mb=250.0, hit_ratio=0.95),
        Part("user-service", "java", work_ms=8.0, cpu_cores=0.6, memory_mb=512.0, heap_mb=240.0),
        Part("auth-service", "go", work_ms=7.0, cpu_cores=0.45, memory_mb=256.0, heap_mb=110.0),
        Part(
            "notification-service", "python", "consumer", work_ms=10.0, cpu_cores=0.25, memory_mb=256.0, heap_mb=115.0,
        ),
        Part(
            "postgres-db", "postgres", "database", replicas=1, work_ms=4.0, cpu_cores=0.8, memory_mb=1024.0,
            heap_mb=400.0, pool_max=20.0, replica_cores=1.6,
        ),
    ),
    calls=(
        Call("frontend-bff", "api-gateway", 1.0),
        Call("api-gateway", "order-service", 0.5),
        Call("api-gateway", "user-service", 0.6),
        Call("api-gateway", "notification-service", 0.2, is_async=True),
        Call("order-service", "payment-service", 0.8),
        Call("order-service", "inventory-service", 1.0),
        Call("order-service", "postgres-db", 1.5),
        Call("user-service", "auth-service", 0.7),
        Call("user-service", "postgres-db", 0.8),
        Call("inventory-service", "postgres-db", 1.0, is_cached=True),
        Call("auth-service", "postgres-db", 0.5),
    ),
)  # fmt: skip
