# What the example says in English: reasons, data, categories. French is beside it; a message missing in
# one of them is a failing test.

## Data, as a person would name them

datum-ad_category = what the offer is for
datum-offer_size = how much the offer covers
datum-own_brand = whether the offer is for the shop’s own brand
datum-popularity = how many shoppers buy products of the offer
datum-offer_purchases = your purchases of products in the offer
datum-type_purchases = your purchases of the same types of products
datum-category_purchases = your purchases in the category of the offer
datum-maker_purchases = your purchases from the makers of the products
datum-department_purchases = your purchases in the department of the offer
datum-visits = how often you shop here, and how much you spend
datum-redemptions = your use of coupons in the category of the offer

## Reasons

reason-ad_category = This offer is for “{ $key }”.
    .ad_department = It is from the department “{ $key }”.
reason-offer_size = This offer covers { $number ->
    [one] one product
   *[other] { $value } products
}.
    .categories_covered = It covers { $number ->
        [one] one category
       *[other] { $value } categories
    }.
reason-own_brand = { $percent }% of the products in this offer are of the shop’s own brand.
reason-popularity = { $percent }% of shoppers bought products of this offer in the 12 weeks before it began.
    .category_sales_share = Products of this offer made up { $percent }% of the sales of their category in those weeks.
reason-offer_purchases = You bought products of this offer on { $times ->
    [one] one day
   *[other] { $times } days
} { $window }.
    .absent = You have not bought any product of this offer { $window }.
reason-type_purchases = You bought “{ $key }” on { $times ->
    [one] one day
   *[other] { $times } days
} { $window }.
    .several = You bought the same types of products on { $times ->
        [one] one day
       *[other] { $times } days
    } { $window }.
    .absent = You have not bought any such type of product { $window }.
reason-category_purchases = You bought “{ $key }” on { $times ->
    [one] one day
   *[other] { $times } days
} { $window }.
    .absent = You have not bought “{ $key }” { $window }.
reason-maker_purchases = You bought from the makers of these products on { $times ->
    [one] one day
   *[other] { $times } days
} { $window }.
    .absent = You have not bought anything from the makers of these products { $window }.
reason-department_purchases = You bought in the department “{ $key }” on { $times ->
    [one] one day
   *[other] { $times } days
} { $window }.
    .absent = You have not bought anything in the department “{ $key }” { $window }.
reason-visits = You shopped here on { $times ->
    [one] one day
   *[other] { $times } days
} { $window }.
    .absent = You have not shopped here { $window }.
reason-redemptions = You used coupons for “{ $key }” on { $times ->
    [one] one day
   *[other] { $times } days
} { $window }.
    .absent = You have not used a coupon for “{ $key }” { $window }.

## Categories, departments and types of products, by the shop’s own codes

