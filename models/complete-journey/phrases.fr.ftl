# Ce que l’exemple dit en français : raisons, données, catégories. L’anglais est à côté ; un message absent
# dans l’une des deux langues fait échouer un test.

## Les données, comme on les nommerait

datum-ad_category = ce que vise l’offre
datum-offer_size = l’étendue de l’offre
datum-own_brand = la part de la marque du magasin dans l’offre
datum-popularity = le nombre de clients qui achètent les produits de l’offre
datum-offer_purchases = vos achats de produits de l’offre
datum-type_purchases = vos achats de produits des mêmes types
datum-category_purchases = vos achats dans la catégorie de l’offre
datum-maker_purchases = vos achats auprès des fabricants de ces produits
datum-department_purchases = vos achats dans le rayon de l’offre
datum-visits = la fréquence et le montant de vos achats ici
datum-redemptions = votre usage de bons dans la catégorie de l’offre

## Les raisons

reason-ad_category = Cette offre porte sur « { $key } ».
    .ad_department = Elle vient du rayon « { $key } ».
reason-offer_size = Cette offre couvre { $number ->
    [one] { $value } produit
   *[other] { $value } produits
}.
    .categories_covered = Elle couvre { $number ->
        [one] { $value } catégorie
       *[other] { $value } catégories
    }.
reason-own_brand = { $percent } % des produits de cette offre sont de la marque du magasin.
reason-popularity = { $percent } % des clients ont acheté des produits de cette offre au cours des 12 semaines avant son début.
    .category_sales_share = Les produits de cette offre ont représenté { $percent } % des ventes de leur catégorie pendant ces semaines.
reason-offer_purchases = Vous avez acheté des produits de cette offre { $times } fois { $window }.
    .absent = Vous n’avez acheté aucun produit de cette offre { $window }.
reason-type_purchases = Vous avez acheté « { $key } » { $times } fois { $window }.
    .several = Vous avez acheté des produits des mêmes types { $times } fois { $window }.
    .absent = Vous n’avez acheté aucun produit de ces types { $window }.
reason-category_purchases = Vous avez acheté « { $key } » { $times } fois { $window }.
    .absent = Vous n’avez pas acheté « { $key } » { $window }.
reason-maker_purchases = Vous avez acheté des produits des mêmes fabricants { $times } fois { $window }.
    .absent = Vous n’avez rien acheté des mêmes fabricants { $window }.
reason-department_purchases = Vous avez acheté au rayon « { $key } » { $times } fois { $window }.
    .absent = Vous n’avez rien acheté au rayon « { $key } » { $window }.
reason-visits = Vous avez fait des achats ici { $times } fois { $window }.
    .absent = Vous n’avez fait aucun achat ici { $window }.
reason-redemptions = Vous avez utilisé des bons pour « { $key } » { $times } fois { $window }.
    .absent = Vous n’avez utilisé aucun bon pour « { $key } » { $window }.

## Catégories, rayons et types de produits, d’après les codes du magasin

