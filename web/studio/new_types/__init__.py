"""新建注册类型: pages that walk through what must differ from the type it was begun from."""
