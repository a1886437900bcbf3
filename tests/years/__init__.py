"""A small city lives for years: everybody does what the law lets him do, by chance.

    make years              ten years, outside CI; YEARS=1 SEED=7 PERSONS=60 for another city

Each simulated day has the product's own daily duties, the deeds of people of two professions, and
the invariants that hold every morning (`checks`); terms and periods are counted by `law`, which
shares nothing with the product. The first violation is printed with the shortest story that leads
to it: SHRINK seconds are spent on dropping deeds, 600 by default. The seed is printed and given by
SEED.

The first version took 291 s of processor time for the first year of 60 persons (1,062 deeds, 826
files verified, 309 MB), on a machine that was busy otherwise.
"""
