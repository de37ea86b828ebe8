"""Many workers for one study: shards are asked wherever there is room, and merged by key."""
